"""What every call to somebody outside has in common."""

from django.db import connection


def inside_transaction() -> bool:
    """Whether a transaction is open, but for the one that a test wraps around itself."""
    # Looked up, not asked of the database: a call that needs none must not wake one that sleeps.
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks[-1:])


def refuse_inside_transaction() -> None:
    """Raise RuntimeError inside a transaction: a slow provider must not hold row locks, and no call rolls back."""
    if inside_transaction():
        raise RuntimeError("a call to somebody outside, like a durable block, cannot be nested within a transaction")
