"""A person's right to a copy of what the shop knows about them, and to be forgotten."""
