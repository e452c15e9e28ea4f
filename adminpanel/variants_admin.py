"""Variants as a price list, with their history."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from adminpanel.bulk_actions import Asked, PriceForm, ask, variants_asked
from adminpanel.showing import FormerStates
from shop.catalog.models import ProductVariant
from shop.events.services import emit


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ProductVariant
        fields = ["sku", "price", "compare_at_price", "is_active", "barcode", "sold_ahead", "expected_on"]


PRICES = Asked("change_prices", "Change prices", "variant", PriceForm, variants_asked)


@admin.register(ProductVariant)
class VariantAdmin(FormerStates):
    """Variants are made in their product's grid or by an import; here their prices are found and changed."""

    from_product = "variants"
    on_every_page = False
    form = VariantForm
    money_fields = ("price", "compare_at_price")
    list_display = ["sku", "product", "colour", "size", "price_text", "was_text", "is_active"]
    list_filter = ["is_active", "product__category"]
    list_select_related = ["product", "colour", "size"]
    search_fields = ["sku__istartswith", "=barcode", "@product__name"]
    search_help_text = "How the SKU or words of the product begin; or a barcode"
    fields = [
        "product",
        "colour",
        "size",
        "sku",
        "price",
        "compare_at_price",
        "is_active",
        "barcode",
        "sold_ahead",
        "expected_on",
    ]
    readonly_fields = ["product", "colour", "size"]
    actions = ["change_prices"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @action(description="Change prices", permissions=["change"])
    def change_prices(self, request: HttpRequest, queryset: QuerySet[ProductVariant]) -> HttpResponse | None:
        return ask(self, request, queryset, PRICES)

    def save_model(self, request: HttpRequest, obj: ProductVariant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        emit("ProductChanged", {"product_id": obj.product_id, "slug": obj.product.slug, "reason": "prices"})

    @admin.display(description="Price", ordering="price")
    def price_text(self, variant: ProductVariant) -> str:
        return str(variant.unit_price)

    @admin.display(description="Was", ordering="compare_at_price")
    def was_text(self, variant: ProductVariant) -> str:
        return str(variant.was_price or "-")
