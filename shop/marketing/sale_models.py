"""Sales, what they did to prices, and what every variant has cost since it was made."""

from datetime import datetime
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from simple_history.models import HistoricalRecords

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.money import Money
from shop.marketing.models import refuse_early_end


class SaleQuerySet(models.QuerySet["Sale"]):
    def running(self, now: datetime | None = None) -> Self:
        """Sales that are switched on and whose time it is (UTC)."""
        now = now or clock.now()
        return self.filter(is_active=True, starts_at__lte=now, ends_at__gt=now)


class Sale(TimeStamped):
    """Reduced prices for a time. The prices themselves are changed and restored by shop.marketing.sales."""

    name = models.CharField(max_length=80)
    percent = models.PositiveSmallIntegerField(help_text="1 to 90")
    categories = models.ManyToManyField(
        "shop.Category", blank=True, related_name="+", help_text="With all below them. Nothing chosen: everything"
    )
    products = models.ManyToManyField("shop.Product", blank=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_active = models.BooleanField("switched on", default=True)
    history = HistoricalRecords(app="shop", m2m_fields=[categories, products])

    objects = SaleQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gte=1, percent__lte=90),
                name="sale_percent_in_range",
                violation_error_message="The percent is out of range.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="sale_ends_after_start",
                violation_error_message="It would end before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError, by field."""
        problems = refuse_early_end(self.starts_at, self.ends_at)
        if self.percent is not None and not 1 <= self.percent <= 90:
            problems["percent"] = "Write a whole number from 1 to 90."
        if problems:
            raise ValidationError(problems)


class SalePrice(models.Model):
    """What a sale did to a variant's prices, and what they were before it; open until it is undone. Minor units."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="prices")
    variant = models.ForeignKey("shop.ProductVariant", models.CASCADE, related_name="sale_prices")
    percent = models.PositiveSmallIntegerField()
    price_before = models.PositiveBigIntegerField()
    compare_at_before = models.PositiveBigIntegerField(null=True, blank=True)
    price = models.PositiveBigIntegerField()
    compare_at_price = models.PositiveBigIntegerField(null=True, blank=True)
    began_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["variant"], condition=Q(ended_at=None), name="one_open_sale_per_variant")
        ]

    def __str__(self) -> str:
        return f"{self.sale}: {self.price}"


class PriceRecord(models.Model):
    """What a variant cost from `at` (UTC) on: one row per change, written by the database itself, never rewritten.

    The record outlives its variant, so that what was once shown as the lowest price can be proved.
    """

    variant = models.ForeignKey(
        "shop.ProductVariant", models.DO_NOTHING, related_name="price_records", db_constraint=False
    )
    price = models.PositiveBigIntegerField(help_text="Minor units")
    currency = models.CharField(max_length=3)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["variant", "at"], name="price_record_by_time")]

    def __str__(self) -> str:
        return f"{Money(self.price, self.currency)} from {self.at:%Y-%m-%d}"
