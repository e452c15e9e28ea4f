"""Products and their variants."""

from django.contrib import admin

from adminpanel.site import StaffAdmin
from shop.catalog.models import Product, ProductVariant


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    list_display = ["name", "category"]
    search_fields = ["name", "slug"]


@admin.register(ProductVariant)
class ProductVariantAdmin(StaffAdmin):
    list_display = ["sku", "product"]
    search_fields = ["sku"]
