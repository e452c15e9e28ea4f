"""When the demo's past orders were sent, and what their delivery cost."""

from datetime import date, datetime, timedelta

from shop.delivery.models import ShippingRate
from shop.demo.purchases import zone
from shop.orders.services import DeliveryTerms

# What was ordered before this hour left on the same working day.
CUT_OFF = 14


def rates_by_country() -> dict[str, list[ShippingRate]]:
    """The rates offered in each country, in the order they are shown."""
    rates = ShippingRate.objects.filter(method__is_active=True).select_related("method")
    found: dict[str, list[ShippingRate]] = {}
    for rate in rates.order_by("method__position", "pk"):
        for country in rate.countries:
            found.setdefault(country, []).append(rate)
    return found


def terms(rate: ShippingRate, goods: int, placed_at: datetime) -> DeliveryTerms:
    """What the rate meant for goods of that value (minor units) at that time."""
    ready = dispatch_day(placed_at)
    return DeliveryTerms(
        code=rate.method.code,
        name=rate.method.name,
        price=rate.price_for(goods),
        first_day=working_days_after(ready, rate.min_days),
        last_day=working_days_after(ready, rate.max_days),
    )


def dispatch_day(placed_at: datetime) -> date:
    """The working day on which it left."""
    local = placed_at.astimezone(zone())
    today = local.date()
    return today if today.weekday() < 5 and local.hour < CUT_OFF else working_days_after(today, 1)


def working_days_after(day: date, days: int) -> date:
    """That many days from Monday to Friday later."""
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day
