"""What speaks for a label beside the text model: behaviour of accounts, claims, rules."""
