"""Variants as a price list: history, and prices in and out as a file."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export import fields, resources, widgets
from import_export.admin import ImportExportModelAdmin
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from adminpanel.fields import MoneyField
from adminpanel.showing import FormerStates
from shop.catalog import listings
from shop.catalog.models import ProductVariant
from shop.core.money import Money
from shop.events.services import emit


class MoneyWidget(widgets.Widget):
    """A column of decimals (12.50) over a field of minor units."""

    def __init__(self, *, optional: bool = False) -> None:
        self.field = MoneyField(required=not optional, allow_zero=optional)
        super().__init__()

    def clean(self, value: Any, row: Any = None, **options: Any) -> int | None:
        """Spreadsheets give numbers, files give text: both are read as text. Raises ValueError with the reason."""
        try:
            amount: int | None = self.field.clean("" if value is None else str(value))
        except ValidationError as refusal:
            raise ValueError(refusal.messages[0]) from refusal
        return amount

    def render(self, value: Any, obj: Any = None, **options: Any) -> str:
        return "" if value is None else str(Money(value, self.field.currency).decimal)


class PriceResource(resources.ModelResource):
    """Prices of existing variants by SKU. Unknown SKUs are errors, so a typing mistake creates nothing."""

    price = fields.Field("price", "price", MoneyWidget())
    compare_at_price = fields.Field("compare_at_price", "compare_at_price", MoneyWidget(optional=True))
    is_active = fields.Field("is_active", "active", widgets.BooleanWidget())

    class Meta:
        model = ProductVariant
        fields = ("sku", "price", "compare_at_price", "is_active")
        export_order = ("sku", "price", "compare_at_price", "is_active")
        import_id_fields = ("sku",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True
        clean_model_instances = True

    def before_import(self, dataset: Any, **options: Any) -> None:
        """A list without named columns (JSON can be one) would end the import with a fault: refuse it whole."""
        if not dataset.headers:
            dataset.wipe()
            dataset.headers = list(self.Meta.import_id_fields)
            raise ValueError("The file names no columns. It needs sku, and price, compare_at_price or active.")

    def init_instance(self, row: Any = None) -> Any:
        """Called for a row whose SKU is not found."""
        raise ValueError(f"No variant has the SKU {str((row or {}).get('sku', ''))[:40]!r}.")

    def after_import(self, dataset: Any, result: Any, **options: Any) -> None:
        """Tell the shop's pages, within the import's transaction, which products have new prices."""
        if options.get("dry_run") or result.has_errors() or result.has_validation_errors():
            return
        changed = [row.object_id for row in result.rows if row.import_type == row.IMPORT_TYPE_UPDATE]
        products = dict(ProductVariant.objects.filter(pk__in=changed).values_list("product_id", "product__slug"))
        for product_id, slug in products.items():
            emit("ProductChanged", {"product_id": product_id, "slug": slug, "reason": "prices"})
        listings.refresh(products)


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ProductVariant
        fields = ["sku", "price", "compare_at_price", "is_active"]


@admin.register(ProductVariant)
class VariantAdmin(FormerStates, ImportExportModelAdmin):
    """Variants are made in their product's grid; here their prices are found, changed and exchanged."""

    from_product = "variants"
    form = VariantForm
    import_form_class = ImportForm
    export_form_class = ExportForm
    resource_classes = [PriceResource]
    money_fields = ("price", "compare_at_price")
    list_display = ["sku", "product", "colour", "size", "price_text", "was_text", "is_active"]
    list_filter = ["is_active", ("product__category", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["product", "colour", "size"]
    search_fields = ["sku", "product__name"]
    search_help_text = "SKU or product"
    fields = ["product", "colour", "size", "sku", "price", "compare_at_price", "is_active"]
    readonly_fields = ["product", "colour", "size"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def process_import(self, request: HttpRequest, **options: Any) -> HttpResponse:
        """A second press of Confirm finds the file gone; that is told, not a fault."""
        try:
            response: HttpResponse = super().process_import(request, **options)
        except (FileNotFoundError, IndexError):
            messages.error(request, "That file was imported already, or is gone. Upload it again if it was not.")
            return HttpResponseRedirect(reverse("admin:shop_productvariant_import"))
        return response

    def save_model(self, request: HttpRequest, obj: ProductVariant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        emit("ProductChanged", {"product_id": obj.product_id, "slug": obj.product.slug, "reason": "prices"})

    @admin.display(description="Price", ordering="price")
    def price_text(self, variant: ProductVariant) -> str:
        return str(variant.unit_price)

    @admin.display(description="Was", ordering="compare_at_price")
    def was_text(self, variant: ProductVariant) -> str:
        return str(variant.was_price or "-")
