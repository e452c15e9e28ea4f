"""The rates of value added tax."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from shop.catalog.models import Product
from shop.core.countries import country_names


class TaxRateQuerySet(models.QuerySet["TaxRate"]):
    def of(self, country: str, on: date) -> Self:
        """The rates of that country that have begun by then, oldest first: of each class the last one holds."""
        return self.filter(country=country, valid_from__lte=on).order_by("valid_from")


class TaxRate(models.Model):
    """What one country charges on one class of goods from some day on, until a later row says otherwise."""

    country = models.CharField(max_length=2, help_text="ISO 3166 alpha-2 code, such as GB")
    tax_class = models.CharField(max_length=20, choices=Product.TaxClass, default=Product.TaxClass.STANDARD)
    rate = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="Percent",
    )
    valid_from = models.DateField(default=timezone.localdate, help_text="The first day it applies")
    history = HistoricalRecords(app="shop")

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        ordering = ["country", "tax_class", "-valid_from"]
        verbose_name = "VAT rate"
        constraints = [
            models.UniqueConstraint(
                fields=["country", "tax_class", "valid_from"],
                name="tax_rate_once",
                violation_error_message="There is a rate of this country and class from this day on already.",
            ),
            models.CheckConstraint(condition=Q(rate__gte=0) & Q(rate__lte=100), name="tax_rate_is_percent"),
        ]

    def __str__(self) -> str:
        return f"{country_names().get(self.country, self.country)}, {self.get_tax_class_display()}: {self.rate_text}"

    @property
    def rate_text(self) -> str:
        """'20%', '25.5%'."""
        return f"{self.rate.normalize():f}%"
