"""Ways to deliver and their prices."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from adminpanel.fields import CountriesField, MoneyField
from adminpanel.showing import ShownAdmin
from adminpanel.site import StaffInline
from shop.adapters.carriers import carrier
from shop.core.countries import country_names
from shop.core.money import Money
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.warehouse.models import StockLocation


class ShippingRateForm(forms.ModelForm):  # type: ignore[type-arg]
    countries = CountriesField(help_text="Codes such as GB, IE, FR")
    price = MoneyField(help_text="Tax included")
    free_over = MoneyField(required=False, help_text="Free from this value of goods; empty: never")

    class Meta:
        model = ShippingRate
        fields = ["countries", "price", "free_over", "weight_to", "volume_to", "min_days", "max_days"]

    def clean(self) -> dict[str, Any] | None:
        """Refuses a span of days that ends before it begins."""
        cleaned = super().clean() or {}
        low, high = cleaned.get("min_days"), cleaned.get("max_days")
        if low is not None and high is not None and low > high:
            self.add_error("max_days", "The longest time is shorter than the shortest.")
        return cleaned


class ShippingRateInline(StaffInline):
    model = ShippingRate
    form = ShippingRateForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingRate]:
        rows: QuerySet[ShippingRate] = super().get_queryset(request)
        return rows.select_related("method")


def carrier_choices() -> list[tuple[str, str]]:
    """The carriers that this shop knows, and none."""
    return [("", "None"), *((code, carrier(code).title) for code in settings.CARRIERS)]


class ShippingMethodForm(forms.ModelForm):  # type: ignore[type-arg]
    carrier = forms.ChoiceField(
        choices=carrier_choices,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Who brings it, and makes its labels",
    )

    class Meta:
        model = ShippingMethod
        fields = ["code", "name", "position", "is_active", "carrier", "collect_at", "cut_off"]


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ShownAdmin):
    form = ShippingMethodForm
    list_display = ["name", "code", "carrier", "cut_off", "position", "is_active", "rates_in_words"]
    search_fields = ["name", "code"]
    inlines = [ShippingRateInline]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Customers fetch their orders only where a location offers that."""
        if db_field.name == "collect_at":
            kwargs["queryset"] = StockLocation.objects.filter(offers_collection=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingMethod]:
        rows: QuerySet[ShippingMethod] = super().get_queryset(request)
        return rows.prefetch_related("rates")

    def products_of(self, rows: Iterable[Model]) -> set[int]:
        """No card speaks of delivery; but every page says from which value it is free."""
        return set()

    @admin.display(description="Where and for how much")
    def rates_in_words(self, method: ShippingMethod) -> str:
        return "; ".join(rate_in_words(rate) for rate in method.rates.all())


def rate_in_words(rate: ShippingRate) -> str:
    """Such as 'United Kingdom £3.95, free over £75' or '14 countries £12'."""
    where = country_names().get(rate.countries[0], rate.countries[0]) if len(rate.countries) == 1 else ""
    upto = f" up to {rate.weight_text}" if rate.weight_to else ""
    words = f"{where or f'{len(rate.countries)} countries'}{upto} {Money(rate.price, rate.currency)}"
    return words if rate.free_over is None else f"{words}, free over {Money(rate.free_over, rate.currency)}"
