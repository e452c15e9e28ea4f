"""What every call to somebody outside has in common."""

from django.db import connection


def refuse_inside_transaction() -> None:
    """Raise RuntimeError inside a transaction: a slow provider must not hold row locks, and no call rolls back."""
    # Looked up, not asked of the database: a call that needs none must not wake one that sleeps.
    # As a durable block does, it overlooks the transaction that a test wraps around itself.
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks[-1:]):
        raise RuntimeError("a call to somebody outside, like a durable block, cannot be nested within a transaction")
