"""The shop's clock: one name to patch in tests. All times are aware and in UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)
