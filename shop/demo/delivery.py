"""Ways to deliver and their rates."""

from dataclasses import dataclass

from django.db import transaction

from shop.core.money import in_steps, shop_currency
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.warehouse.models import StockLocation

BRITAIN = ("GB",)
IRELAND = ("IE",)
EUROPE = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IT", "LT", "LU", "LV", "MT",
    "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
WORLD = ("AU", "CA", "CH", "JP", "NO", "NZ", "US")


@dataclass(frozen=True)
class Rate:
    """price and free_over in pence; days are working days; weight_to in grams, None: any weight."""

    countries: tuple[str, ...]
    price: int
    free_over: int | None
    min_days: int
    max_days: int
    weight_to: int | None = None


# code: (name, carrier, rates)
METHODS = {
    "standard": (
        "Standard delivery",
        "courier",
        (
            Rate(BRITAIN, 395, 7500, 2, 4),
            Rate(IRELAND, 695, 10_000, 3, 5),
            Rate(EUROPE, 995, 15_000, 4, 7),
            Rate(WORLD, 1495, 25_000, 6, 12),
        ),
    ),
    # A post without software of its own: staff write its numbers.
    "post": (
        "Parcel post",
        "table",
        (Rate(EUROPE, 795, None, 6, 12, weight_to=2000), Rate(EUROPE, 1295, None, 6, 12, weight_to=10_000)),
    ),
    "express": (
        "Express delivery",
        "courier",
        (Rate(BRITAIN, 600, None, 1, 1), Rate((*IRELAND, *EUROPE), 1650, None, 2, 3), Rate(WORLD, 2900, None, 3, 5)),
    ),
    "collect": ("Collect from us", "", (Rate(BRITAIN, 0, None, 0, 1),)),
}


@transaction.atomic
def make_delivery() -> None:
    """The methods that are missing, with their rates. A method that is there keeps the rates it has."""
    for position, (code, (name, carrier, rates)) in enumerate(METHODS.items()):
        method, new = ShippingMethod.objects.get_or_create(
            code=code, defaults={"name": name, "position": position, "carrier": carrier}
        )
        if new and code == "collect":
            method.collect_at = collection_point()
            method.save()
        if new:
            ShippingRate.objects.bulk_create(
                ShippingRate(
                    method=method,
                    countries=list(rate.countries),
                    price=in_steps(rate.price, shop_currency()),
                    free_over=rate.free_over,
                    min_days=rate.min_days,
                    max_days=rate.max_days,
                    weight_to=rate.weight_to,
                )
                for rate in rates
            )


def collection_point() -> StockLocation | None:
    """Where customers fetch their orders: the first location, with its address."""
    location = StockLocation.objects.order_by("position", "pk").first()
    if location:
        location.offers_collection = True
        location.address = location.address or "1 Sample Yard\nLondon E8 0ZZ"
        location.opening_hours = location.opening_hours or "Monday to Friday, 9 to 6"
        location.save()
    return location
