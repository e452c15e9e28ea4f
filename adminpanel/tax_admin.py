"""The rates of value added tax."""

from collections.abc import Iterable

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model

from adminpanel.showing import ShownAdmin
from shop.core.countries import country_names
from shop.tax.models import TaxRate


class TaxRateForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = TaxRate
        fields = ["country", "tax_class", "rate", "valid_from"]

    def clean_country(self) -> str:
        """The code in capitals. Raises ValidationError for one that no country has."""
        code: str = self.cleaned_data["country"].upper()
        if code not in country_names():
            raise ValidationError("No country has this code. Write one such as GB, IE, FR.")
        return code


@admin.register(TaxRate)
class TaxRateAdmin(ShownAdmin):
    """Orders keep the rates they were placed at; a change here is for those to come."""

    form = TaxRateForm
    list_display = ["country_name", "country", "tax_class", "rate_text", "valid_from"]
    list_display_links = ["country_name"]
    list_filter = ["tax_class"]
    search_fields = ["=country"]
    search_help_text = "Country code"

    def products_of(self, rows: Iterable[Model]) -> set[int]:
        """No card speaks of taxes, but the bag does."""
        return set()

    @admin.display(description="Country", ordering="country")
    def country_name(self, rate: TaxRate) -> str:
        return country_names().get(rate.country, rate.country)

    @admin.display(description="Rate", ordering="rate")
    def rate_text(self, rate: TaxRate) -> str:
        return rate.rate_text
