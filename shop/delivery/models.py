"""Ways to deliver, and what they cost where."""

from datetime import time
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from simple_history.models import HistoricalRecords

from shop.core.money import shop_currency


class ShippingMethod(models.Model):
    """A way to deliver, as the customer chooses it."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    carrier = models.SlugField(blank=True, help_text="Which carrier's labels it uses; empty: none")
    collect_at = models.ForeignKey(
        "shop.StockLocation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="collected_by",
        help_text="Click and collect: where the customer fetches it",
    )
    cut_off = models.TimeField(
        default=time(14, 0), help_text="Paid before this, shop time, it leaves the same working day"
    )
    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class ShippingRateQuerySet(models.QuerySet["ShippingRate"]):
    def offered_in(self, country: str) -> Self:
        """Rates of active methods for that country (ISO 3166 alpha-2), in the order they are shown."""
        rates = self.filter(method__is_active=True, countries__contains=[country])
        return rates.select_related("method__collect_at").order_by("method__position", "pk")


class ShippingRate(models.Model):
    """What a method costs in some countries, and how long it takes there in working days."""

    method = models.ForeignKey(ShippingMethod, models.CASCADE, related_name="rates")
    countries = ArrayField(models.CharField(max_length=2), help_text="ISO 3166 alpha-2 codes, such as GB")
    price = models.PositiveBigIntegerField(help_text="Minor units, tax included")
    free_over = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Free from this value of goods, minor units"
    )
    currency = models.CharField(max_length=3, default=shop_currency)
    weight_to = models.PositiveIntegerField(null=True, blank=True, help_text="Grams, at most; empty: any weight")
    volume_to = models.PositiveIntegerField(null=True, blank=True, help_text="cm³, at most; empty: any volume")
    min_days = models.PositiveSmallIntegerField()
    max_days = models.PositiveSmallIntegerField()
    history = HistoricalRecords(app="shop")

    objects = ShippingRateQuerySet.as_manager()

    class Meta:
        ordering = ["method__position", "pk"]

    def __str__(self) -> str:
        return f"{self.method}: {', '.join(self.countries[:4])}"

    @property
    def working_days(self) -> str:
        """'1 working day', '2 to 4 working days'."""
        if self.min_days == self.max_days:
            return f"{self.min_days} working day{'' if self.min_days == 1 else 's'}"
        return f"{self.min_days} to {self.max_days} working days"

    @property
    def weight_text(self) -> str:
        """The most that it may weigh: '2 kg', '750 g'; empty for any weight."""
        if self.weight_to is None:
            return ""
        return f"{self.weight_to / 1000:g} kg" if self.weight_to >= 1000 else f"{self.weight_to} g"

    def is_offered_in(self, country: str) -> bool:
        """Whether that country (ISO 3166 alpha-2) may choose it, as offered_in() asks."""
        return self.method.is_active and country in self.countries

    def takes(self, weight: int, volume: int) -> bool:
        """Whether so many grams and cm³ may go at this rate."""
        return weight <= self.limits[0] and volume <= self.limits[1]

    @property
    def limits(self) -> tuple[float, float]:
        """The most it takes: grams, cm³."""
        no_end = float("inf")
        weight, volume = self.weight_to, self.volume_to
        return (no_end if weight is None else weight, no_end if volume is None else volume)

    def price_for(self, goods: int) -> int:
        """The delivery price for goods of that value, both in minor units."""
        return 0 if self.free_over is not None and goods >= self.free_over else self.price
