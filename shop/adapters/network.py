"""What every call to somebody outside has in common."""

from django.db import transaction


def refuse_inside_transaction() -> None:
    """Raise RuntimeError inside a transaction: a slow provider must not hold row locks, and no call rolls back."""
    # Unlike connection.in_atomic_block, a durable block overlooks the transaction that a test wraps around itself.
    with transaction.atomic(durable=True):
        pass
