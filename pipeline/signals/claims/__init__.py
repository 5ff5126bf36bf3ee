"""Claims that were debunked: the base of them, and which comments repeat one."""
