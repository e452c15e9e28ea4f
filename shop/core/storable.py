"""Text of others, as a table takes it."""


def storable(text: str) -> str:
    """The text without null characters and with ? for halves of a pair: with either, PostgreSQL refuses the row."""
    return text.replace("\0", "").encode(errors="replace").decode()
