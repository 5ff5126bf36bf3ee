"""The desk: where people read the ranked cases and decide."""
