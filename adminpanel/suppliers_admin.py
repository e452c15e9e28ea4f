"""Suppliers, and what each of our variants is called and costs there."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case, DecimalField, Model, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from adminpanel.fields import MoneyField
from adminpanel.long_lists import RecentRowsFilter
from adminpanel.showing import FormerStates
from shop.catalog.models import Product
from shop.core.countries import country_names
from shop.core.money import Money, shop_currency
from shop.suppliers.costing import landed_average, margin
from shop.suppliers.keys import new_key
from shop.suppliers.models import Supplier, SupplierProduct
from shop.tax.services import rates_for


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

    on_every_page = False

    def products_of(self, rows: Iterable[Model]) -> set[int]:
        return set()


@admin.register(Supplier)
class SupplierAdmin(NobodysCard):
    locks_row = True
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

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.key_view)
        return [path("<int:supplier_id>/key/", view, name="shop_supplier_key"), *super().get_urls()]

    def key_view(self, request: HttpRequest, supplier_id: int) -> HttpResponse:
        """A new key of the HTTP interface: asked for by GET, made by POST and shown this once."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        supplier = get_object_or_404(Supplier, pk=supplier_id)
        key = new_key(supplier) if request.method == "POST" else ""
        context = {"title": f"Key for {supplier.name}", "supplier": supplier, "key": key, "opts": self.opts}
        response = TemplateResponse(
            request, "adminpanel/purchase/key.html", {**self.admin_site.each_context(request), **context}
        )
        response["Cache-Control"] = "private, no-store"
        return response

    @admin.display(description="Minimum order", ordering="minimum_order")
    def minimum(self, supplier: Supplier) -> str:
        return str(Money(supplier.minimum_order, supplier.currency)) if supplier.minimum_order else "none"

    @admin.display(description="Key of the HTTP interface")
    def interface_key(self, supplier: Supplier) -> Any:
        words = f"ends in {supplier.api_key_hint}" if supplier.api_key_hash else "none"
        if not supplier.pk:
            return words
        url = reverse("admin:shop_supplier_key", args=[supplier.pk])
        return format_html('{}. <a class="link" href="{}">Make a new one</a>', words, url)


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    cost = MoneyField(help_text="One unit, in the supplier's currency")

    class Meta:
        model = SupplierProduct
        fields = ["supplier", "variant", "supplier_sku", "cost", "pack_size", "lead_time_days", "is_preferred"]


def vat_at_home() -> Case:
    """The rate in a source's price today, percent; one query for its classes."""
    rates = rates_for(settings.SHOP_COUNTRY, timezone.localdate())
    whens = [
        When(variant__product__tax_class=name, then=Value(rates.of(name), DecimalField()))
        for name in Product.TaxClass.values
    ]
    return Case(*whens, default=Value(Decimal(0), DecimalField()))


@admin.register(SupplierProduct)
class SupplierProductAdmin(NobodysCard):
    form = SourceForm
    list_display = ["sku", "piece", "supplier", "supplier_sku", "unit_cost", "landed_cost", "margin", "pack_size",
                    "is_preferred"]  # fmt: skip
    list_filter = ["is_preferred", ("supplier", RecentRowsFilter)]
    list_select_related = ["supplier", "variant__product", "variant__colour", "variant__size"]
    autocomplete_fields = ["supplier", "variant"]
    search_fields = ["variant__sku", "supplier_sku", "variant__product__name"]
    search_help_text = "Our SKU, theirs, or the product"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SupplierProduct]:
        """With what a unit cost on average by the time it was here, and the VAT in its price at home."""
        rows: QuerySet[SupplierProduct] = super().get_queryset(request)
        return rows.annotate(landed=landed_average(), vat=vat_at_home())

    @admin.display(description="Landed", ordering="landed")
    def landed_cost(self, source: Any) -> str:
        return "not yet" if source.landed is None else str(Money(round(source.landed), shop_currency()))

    @admin.display(description="Margin")
    def margin(self, source: Any) -> str:
        """Of the price without VAT."""
        if source.landed is None:
            return "not yet"
        found = margin(source.variant, round(source.landed), Decimal(source.vat))
        return f"{found.left} ({found.percent}%)"

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
