"""Suppliers, and what each of our variants is called and costs there."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest

from adminpanel.fields import MoneyField
from adminpanel.showing import FormerStates
from adminpanel.site import status
from shop.core.countries import country_names
from shop.core.money import Money
from shop.suppliers.models import Supplier, SupplierProduct


class SupplierForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Supplier
        fields = [
            "name", "code", "is_active", "email", "contact_name", "phone", "address", "country", "currency",
            "lead_time_days", "minimum_order", "payment_terms", "note",
        ]  # fmt: skip

    def clean_country(self) -> str:
        country = str(self.cleaned_data["country"]).upper()
        if country not in country_names():
            raise ValidationError("Write the code of a country, such as PT.")
        return country

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if not (currency.isascii() and currency.isalpha() and len(currency) == 3):
            raise ValidationError("Write the three letters of a currency, such as EUR.")
        return currency


class NobodysCard(FormerStates):
    """No public card speaks of who sells to us."""

    def products_of(self, rows: Iterable[Model]) -> set[int]:
        return set()


@admin.register(Supplier)
class SupplierAdmin(NobodysCard):
    form = SupplierForm
    list_display = ["name", "email", "country", "currency", "lead_time_days", "minimum", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "code", "email"]
    search_help_text = "Name, code or e-mail"
    readonly_fields = ["interface_key"]
    prepopulated_fields = {"code": ["name"]}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "minimum_order":
            return MoneyField(required=True, label="Minimum order", help_text="In the supplier's currency; 0: none")
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj or not self.has_add_permission(request) else self.prepopulated_fields

    @admin.display(description="Minimum order", ordering="minimum_order")
    def minimum(self, supplier: Supplier) -> str:
        return str(Money(supplier.minimum_order, supplier.currency)) if supplier.minimum_order else "none"

    @admin.display(description="Key of the HTTP interface")
    def interface_key(self, supplier: Supplier) -> Any:
        return status(f"ends in {supplier.api_key_hint}", "good") if supplier.api_key_hash else status("none")


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    cost = MoneyField(help_text="One unit, in the supplier's currency")

    class Meta:
        model = SupplierProduct
        fields = ["supplier", "variant", "supplier_sku", "cost", "pack_size", "lead_time_days", "is_preferred"]


@admin.register(SupplierProduct)
class SupplierProductAdmin(NobodysCard):
    form = SourceForm
    list_display = ["sku", "piece", "supplier", "supplier_sku", "unit_cost", "pack_size", "is_preferred"]
    list_filter = ["is_preferred", ("supplier", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["supplier", "variant__product", "variant__colour", "variant__size"]
    autocomplete_fields = ["supplier", "variant"]
    search_fields = ["variant__sku", "supplier_sku", "variant__product__name"]
    search_help_text = "Our SKU, theirs, or the product"

    @admin.display(description="SKU", ordering="variant__sku")
    def sku(self, source: SupplierProduct) -> str:
        return source.variant.sku

    @admin.display(description="Piece", ordering="variant__product__name")
    def piece(self, source: SupplierProduct) -> str:
        variant = source.variant
        return f"{variant.product.name}, {variant.colour.name}, {variant.size.name}"

    @admin.display(description="Cost", ordering="cost")
    def unit_cost(self, source: SupplierProduct) -> str:
        return str(source.unit_cost)
