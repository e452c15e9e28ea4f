"""ModelAdmins of rows that public pages show: whatever staff change there, the listings follow."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from adminpanel.site import StaffAdmin
from shop.catalog import listings
from shop.catalog.models import Product


class ShownAdmin(StaffAdmin):
    """Writes the listing rows of the products a row belongs to with it, in the same transaction."""

    # From a product to these rows, as a filter writes it; empty where they are found another way.
    from_product = ""
    # Whether pages say of these rows what no product's row holds: names in menus and filters, delivery, taxes.
    on_every_page = True

    def follow(self, products: Iterable[int]) -> None:
        """Have the pages say what the rows now are."""
        listings.refresh(products)
        if self.on_every_page:
            listings.bump_version()

    def products_of(self, rows: Iterable[Model]) -> set[int]:
        """The products whose cards, filters or search speak of these rows."""
        found = Product.objects.filter(**{f"{self.from_product}__in": [row.pk for row in rows]})
        return set(found.values_list("pk", flat=True))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.follow(self.products_of([form.instance]))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        products = self.products_of([obj])
        super().delete_model(request, obj)
        self.follow(products)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        products = self.products_of(queryset)
        super().delete_queryset(request, queryset)
        self.follow(products)


class FormerStates(SimpleHistoryAdmin, ShownAdmin):
    """Rows whose former states can be gone back to, which is a change."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The page of all tables, not the package's own."""
        return StaffAdmin.history_view(self, request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """The package itself asks for no right to change, and its form without fields would save the former state."""
        if request.method != "POST":
            response: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
            return response
        if not self.has_change_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            response = super().history_form_view(request, object_id, version_id, extra_context)
            self.follow(self.products_of(self.model.objects.filter(pk=object_id)))
        return response
