"""Routing: who looks at what and in which order, as pure functions over arrays."""
