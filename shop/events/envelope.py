"""The form in which an event travels: the same through every bus."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shop.adapters.bus import Message
from shop.events.models import OutboxEvent


@dataclass(frozen=True)
class Event:
    """One event as a handler sees it. occurred_at is in UTC; detail keeps to shop/events/schemas.py."""

    id: UUID
    name: str
    source: str
    detail: dict[str, Any]
    occurred_at: datetime

    @classmethod
    def of(cls, row: OutboxEvent) -> "Event":
        return cls(row.id, row.name, row.source, row.detail, row.created_at)

    @classmethod
    def from_message(cls, message: Message) -> "Event":
        """The event that travelled as that message."""
        return cls(
            UUID(message["id"]),
            message["detail-type"],
            message["source"],
            message["detail"],
            datetime.fromisoformat(message["time"]),
        )

    def message(self) -> Message:
        """The event as it travels."""
        return {
            "id": str(self.id),
            "detail-type": self.name,
            "source": self.source,
            "time": self.occurred_at.isoformat(),
            "detail": self.detail,
        }
