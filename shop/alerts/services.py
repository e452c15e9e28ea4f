"""Raising alerts and closing them."""

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from shop.alerts.models import Alert
from shop.core import clock
from shop.mail.services import tell_staff

if TYPE_CHECKING:
    from shop.accounts.models import User

log = logging.getLogger(__name__)


@transaction.atomic
def raise_alert(
    *, key: str, title: str, advice: str, order_id: int | None = None, area: Alert.Area = Alert.Area.MONEY
) -> Alert:
    """The open alert of that key: a new one, or the one there is, seen once more with the newest words.

    Staff are told of a new one in the same transaction. advice: what a person is to do, in whole sentences.
    """
    fresh = {"title": title[:200], "advice": advice, "order_id": order_id, "area": area}
    alert, made = Alert.objects.get_or_create(key=key[:200], closed_at=None, defaults=fresh)
    if made:
        log.warning("alert %s: %s", alert.key, alert.title)
        tell_staff(key=f"alert:{alert.pk}", template="alert", context={"alert": alert, "order": alert.order})
    else:
        Alert.objects.filter(pk=alert.pk).update(**fresh, times=F("times") + 1, last_seen_at=clock.now())
    return alert


def close_alerts(key: str, *, actor: "User | None" = None) -> int:
    """The matter is settled: close its alert, if one is open; how many were."""
    return Alert.objects.filter(key=key[:200]).close(actor)
