"""What a check is, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shop.alerts.models import Alert


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. subject: names the row within its check. advice: what a person is to do."""

    subject: object
    title: str
    advice: str
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the whole shop. name: part of the alerts' keys; words: what it looks for."""

    name: str
    words: str
    find: Callable[[], Iterable[Finding]]
    area: Alert.Area = Alert.Area.MONEY

    @property
    def prefix(self) -> str:
        """With which the keys of its alerts begin."""
        return f"sentinel:{self.name}:"
