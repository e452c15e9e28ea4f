"""Consumers for tests: they keep what they were given, and fail when told to."""

from uuid import UUID

from django.db import transaction

from shop.events.envelope import Event

seen: list[tuple[str, UUID]] = []
failing: set[str] = set()


def reset() -> None:
    seen.clear()
    failing.clear()


def first(event: Event) -> None:
    _take("first", event)


def second(event: Event) -> None:
    _take("second", event)


def _take(name: str, event: Event) -> None:
    if name in failing:
        raise RuntimeError(f"{name} is broken")
    # Kept on commit only: a handler that was rolled back has not handled anything.
    transaction.on_commit(lambda: seen.append((name, event.id)))
