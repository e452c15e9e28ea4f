"""Raising alerts and closing them."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from shop.alerts.models import Alert
from shop.core import clock

if TYPE_CHECKING:
    from shop.accounts.models import User


@transaction.atomic
def raise_alert(*, key: str, title: str, advice: str, order_id: int | None = None) -> Alert:
    """The open alert of that key: a new one, or the one there is, seen once more with the newest words."""
    now = clock.now()
    fresh = {"title": title[:200], "advice": advice, "order_id": order_id}
    alert, made = Alert.objects.get_or_create(key=key[:200], closed_at=None, defaults=fresh)
    if not made:
        Alert.objects.filter(pk=alert.pk).update(**fresh, times=F("times") + 1, last_seen_at=now)
    return alert


def close_alerts(key: str, *, actor: "User | None" = None) -> int:
    """The matter is settled: close its alert, if one is open; how many were."""
    return Alert.objects.open().filter(key=key[:200]).update(closed_at=clock.now(), closed_by=actor)
