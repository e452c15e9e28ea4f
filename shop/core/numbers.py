"""Identifiers people see, and keys nobody can guess."""

import secrets

# Crockford's base 32 without the letters that are misread (I, L, O, U).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def order_number() -> str:
    """A random order number such as 'A7KM-29QX': 40 bits, so that it neither counts orders nor collides soon."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def document_number(prefix: str) -> str:
    """A random number of a paper of the house, such as 'PO-7KM29Q': 30 bits, so unique only with the column's help."""
    return f"{prefix}-{''.join(secrets.choice(ALPHABET) for _ in range(6))}"


def secret_key() -> str:
    """A 192-bit key for an address, as 32 URL-safe characters."""
    return secrets.token_urlsafe(24)
