"""Who we buy from, and what each of our variants is called and costs there."""

from typing import Self

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from shop.core.models import TimeStamped
from shop.core.money import Money, shop_currency


class Supplier(TimeStamped):
    """A maker or wholesaler. What it delivers is ordered in its currency."""

    name = models.CharField(max_length=120)
    code = models.SlugField(unique=True)
    email = models.EmailField(help_text="Where purchase orders go")
    contact_name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.TextField(blank=True)
    country = models.CharField(max_length=2, help_text="ISO 3166 alpha-2")
    currency = models.CharField(max_length=3, default=shop_currency)
    lead_time_days = models.PositiveSmallIntegerField(default=21, help_text="From the order to the goods, in days")
    minimum_order = models.PositiveBigIntegerField(default=0, help_text="Minor units of the supplier's currency")
    payment_terms = models.CharField(max_length=120, blank=True, help_text="Such as 30 days net")
    note = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    # SHA-256 of the key of the HTTP interface; the key itself is shown once. The hint is its last four characters.
    api_key_hash = models.CharField(max_length=64, blank=True, editable=False)
    api_key_hint = models.CharField(max_length=4, blank=True, editable=False)
    history = HistoricalRecords(app="shop", excluded_fields=["api_key_hash"])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["api_key_hash"], condition=~Q(api_key_hash=""), name="supplier_api_key_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SupplierProductQuerySet(models.QuerySet["SupplierProduct"]):
    def preferred(self) -> Self:
        """What is ordered when nobody chooses: the preferred source of an active supplier."""
        return self.filter(supplier__is_active=True, is_preferred=True)


class SupplierProduct(TimeStamped):
    """A variant as one supplier sells it."""

    supplier = models.ForeignKey(Supplier, models.CASCADE, related_name="products")
    variant = models.ForeignKey("shop.ProductVariant", models.CASCADE, related_name="sources")
    supplier_sku = models.CharField("their SKU", max_length=60)
    cost = models.PositiveBigIntegerField(help_text="One unit, minor units of the supplier's currency")
    pack_size = models.PositiveIntegerField(default=1, help_text="Ordered in multiples of this")
    lead_time_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Where it differs")
    is_preferred = models.BooleanField(default=True)
    history = HistoricalRecords(app="shop")

    objects = SupplierProductQuerySet.as_manager()

    class Meta:
        ordering = ["supplier_id", "supplier_sku"]
        constraints = [
            models.UniqueConstraint(fields=["supplier", "variant"], name="source_once_per_supplier"),
            models.UniqueConstraint(
                fields=["variant"],
                condition=Q(is_preferred=True),
                name="one_preferred_source",
                violation_error_message="Another supplier is preferred for this variant.",
            ),
            models.CheckConstraint(condition=Q(pack_size__gt=0), name="pack_size_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_sku} ({self.supplier_id})"

    @property
    def unit_cost(self) -> Money:
        """In the supplier's currency; wants the supplier loaded."""
        return Money(self.cost, self.supplier.currency)
