"""The catalogue's smaller tables: categories, colours, sizes and size charts."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from adminpanel.showing import ShownAdmin
from adminpanel.site import StaffInline
from shop.catalog.models import Category, Colour, Product, Size, SizeChart, SizeChartEntry, SizeSystem


@admin.register(Category)
class CategoryAdmin(ShownAdmin):
    list_display = ["name", "parent", "position", "product_count"]
    list_select_related = ["parent"]
    # The count groups the rows, and a grouped query drops the model's own order.
    ordering = ["position", "name", "pk"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["parent"]
    prepopulated_fields = {"slug": ["name"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        rows: QuerySet[Category] = super().get_queryset(request)
        return rows.annotate(product_count=Count("products"))

    def products_of(self, rows: Iterable[Model]) -> set[int]:
        """Products of these categories and of all below them: they are listed and found under each name above."""
        below, new = set[int](), {row.pk for row in rows}
        while new:
            below |= new
            new = set(Category.objects.filter(parent__in=new).values_list("pk", flat=True)) - below
        return set(Product.objects.filter(category__in=below).values_list("pk", flat=True))

    @admin.display(description="Products", ordering="product_count")
    def product_count(self, category: Any) -> int:
        return int(category.product_count)


@admin.register(Colour)
class ColourAdmin(ShownAdmin):
    from_product = "variants__colour"
    list_display = ["name", "swatch", "family", "hex", "accent_hex"]
    list_filter = ["family"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["swatch"]
    fields = ["name", "slug", "family", "hex", "accent_hex", "swatch"]

    @admin.display(description="Swatch")
    def swatch(self, colour: Colour) -> SafeString | str:
        return swatch(colour) if colour.hex else "-"


def swatch(colour: Colour) -> SafeString:
    """The colour (and its accent) as a small drawn square."""
    return format_html(
        '<svg class="swatch" viewBox="0 0 24 24" aria-hidden="true"><path fill="{}" d="M0 0h24v24H0z"/>'
        '<path fill="{}" d="M24 0v24H0z"/></svg>',
        colour.hex,
        colour.accent_hex or colour.hex,
    )


class SizeInline(StaffInline):
    model = Size


@admin.register(SizeSystem)
class SizeSystemAdmin(ShownAdmin):
    from_product = "variants__size__system"
    list_display = ["name", "label", "size_names"]
    search_fields = ["name"]
    inlines = [SizeInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SizeSystem]:
        rows: QuerySet[SizeSystem] = super().get_queryset(request)
        return rows.prefetch_related("sizes")

    @admin.display(description="Sizes")
    def size_names(self, system: SizeSystem) -> str:
        return ", ".join(size.name for size in system.sizes.all())


@admin.register(Size)
class SizeAdmin(ShownAdmin):
    """Reached by autocomplete; edited inside their system."""

    from_product = "variants__size"

    search_fields = ["name", "system__name"]
    list_display = ["name", "system", "position"]
    list_select_related = ["system"]
    list_filter = ["system"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


class SizeChartEntryInline(StaffInline):
    model = SizeChartEntry
    autocomplete_fields = ["size"]


@admin.register(SizeChart)
class SizeChartAdmin(ShownAdmin):
    from_product = "size_chart"
    list_display = ["name", "garment"]
    search_fields = ["name", "garment"]
    prepopulated_fields = {"garment": ["name"]}
    inlines = [SizeChartEntryInline]
