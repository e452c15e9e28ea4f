"""The grid's page: choose colours and sizes, fill in, look, save. Plain forms, so it works without JavaScript."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from adminpanel.bulk_admin import told
from adminpanel.grid.forms import MOST_CELLS, Grid, Place, make_grid
from adminpanel.grid.pasting import PASTED, PasteRefused, cells_of
from adminpanel.grid.saving import GridRefused, Summary, save_grid, try_grid
from adminpanel.person import signed_in
from shop.catalog.models import Colour, Product, Size, SizeSystem
from shop.core.errors import ShopError
from shop.warehouse.models import StockLocation

RIGHTS = ("shop.change_product", "shop.add_productvariant", "shop.change_productvariant")
# What is posted beside the grid and not sent again from the look at it.
NOT_AGAIN = {
    "csrfmiddlewaretoken",
    "look",
    "save",
    "fill",
    "fill_price",
    "fill_stock",
    "paste",
    "paste_field",
    "rows",
    "reason",
    "back",
}


def grid_page(request: HttpRequest, product_id: int) -> HttpResponseBase:
    """Show the grid (GET); fill its empty cells, take pasted rows in, look at what would change or save it (POST)."""
    if not request.user.has_perms(RIGHTS):
        raise PermissionDenied
    product = get_object_or_404(Product, pk=product_id)
    query = request.POST if request.method == "POST" else request.GET
    colours, sizes = chosen(product, query)
    if len(colours) * len(sizes) > MOST_CELLS:
        messages.error(request, f"That would be {len(colours) * len(sizes)} variants on one page; {MOST_CELLS} fit.")
        colours, sizes = chosen(product, QueryDict())
    place = Place(location_of(query), request.user.has_perm("shop.change_stocklevel"))
    page = Page(request, product, place)
    if request.method != "POST":
        return page.show(make_grid(product, colours, sizes, place))
    data = request.POST.copy()
    grid = make_grid(product, colours, sizes, place, data)
    if "fill" in data:
        fill_empty(data, grid)
        return page.show(make_grid(product, colours, sizes, place, data))
    if "back" in data:
        return page.show(grid)
    if "paste" in data:
        return page.paste(data, grid)
    if not grid.is_valid():
        return page.show(grid, refused=True)
    return page.save(grid) if "save" in data else page.look(data, grid)


class Page:
    """One request for the grid of one product."""

    def __init__(self, request: HttpRequest, product: Product, place: Place) -> None:
        self.request, self.product, self.place = request, product, place
        self.context = {
            **admin.site.each_context(request),
            "title": f"Sizes and colours of {product}",
            "opts": Product._meta,
            "product": product,
            "location": place.location,
        }

    def show(self, grid: Grid, *, refused: bool = False, **more: Any) -> HttpResponse:
        """The grid; with its errors and status 422 where something was refused."""
        systems = SizeSystem.objects.prefetch_related("sizes").order_by("name")
        context = {
            **self.context,
            "grid": grid,
            "refused": refused,
            "locations": list(StockLocation.objects.all()),
            "all_colours": ticked(Colour.objects.all(), grid.colours),
            "systems": [(system, ticked(system.sizes.all(), grid.sizes)) for system in systems],
            "pasted": PASTED if self.place.location and self.place.may_stock else {"price": "Price", "was": "Was"},
            **more,
        }
        return TemplateResponse(self.request, "adminpanel/grid/page.html", context, status=422 if refused else 200)

    def paste(self, data: QueryDict, grid: Grid) -> HttpResponse:
        """Fill the cells with what was pasted, for a look at them; what does not fit is refused whole, in words."""
        field = data.get("paste_field", "")
        try:
            found = cells_of(data.get("rows", ""), grid.colours, grid.sizes)
        except PasteRefused as refusal:
            kept = {"rows": data.get("rows", "")[:20_000], "paste_field": field}
            return self.show(grid, refused=True, paste_error=str(refusal), **kept)
        for cell in grid.cells:
            value = found.get((cell.colour.pk, cell.size.pk))
            if value and field in PASTED:
                data[f"{cell.prefix}-{field}"] = value
        filled = make_grid(self.product, grid.colours, grid.sizes, self.place, data)
        return self.show(filled, refused=not filled.is_valid(), pasted_cells=len(found))

    def look(self, data: QueryDict, grid: Grid) -> HttpResponse:
        """From what to what, with all that was typed to be sent again by the button that saves it."""
        summary = self.asked(grid, trying=True)
        if summary is None:
            return self.show(grid, refused=True)
        if not summary:
            messages.info(self.request, "Nothing would change.")
            return self.show(grid)
        context = {
            **self.context,
            "summary": summary,
            "rows": told(summary.edits),
            "sent": [(name, value) for name, values in data.lists() if name not in NOT_AGAIN for value in values],
        }
        return TemplateResponse(self.request, "adminpanel/grid/look.html", context)

    def save(self, grid: Grid) -> HttpResponse:
        summary = self.asked(grid, trying=False)
        if summary is None:
            return self.show(grid, refused=True)
        messages.success(self.request, f"{self.product}: {summary}.")
        where = reverse("admin:shop_product_grid", args=[self.product.pk])
        return HttpResponseRedirect(f"{where}?location={self.place.location.pk}" if self.place.location else where)

    def asked(self, grid: Grid, *, trying: bool) -> Summary | None:
        """Save the valid grid, or only try; None, with the reasons in its cells, when it cannot be."""
        wanted = [cell.wanted() for cell in grid.cells]
        asked: dict[str, Any] = {
            "product": self.product,
            "cells": [cell for cell in wanted if cell],
            "location": self.place.location,
            "actor": signed_in(self.request),
        }
        try:
            reason = self.request.POST.get("reason", "").replace("\0", "")
            return try_grid(**asked) if trying else save_grid(**asked, reason=reason)
        except GridRefused as refusal:
            cells = {str(cell.prefix): cell for cell in grid.cells}
            for key, (field, message) in refusal.errors.items():
                cells[key].add_error(field, message)
                cells[key].see_again(field)
            if not refusal.errors:
                messages.error(self.request, "Somebody saved one of these SKUs at the same moment. Please save again.")
        except ShopError as refusal:
            messages.error(self.request, str(refusal))
        return None


def location_of(query: QueryDict) -> StockLocation | None:
    """Whose stock is shown: the location asked for, else the active one that orders are served from first."""
    wanted = StockLocation.objects.filter(pk__in=ids([query.get("location", "")])).first()
    return wanted or StockLocation.objects.filter(is_active=True).first()


def chosen(product: Product, query: QueryDict) -> tuple[list[Colour], list[Size]]:
    """The colours and sizes asked for, and always those that the product has."""
    variants = product.variants.values_list("colour_id", "size_id")
    colour_ids = {colour for colour, _ in variants} | ids(query.getlist("colour"))
    size_ids = {size for _, size in variants} | ids(query.getlist("size"))
    return list(Colour.objects.filter(pk__in=colour_ids)), list(Size.objects.filter(pk__in=size_ids))


def ids(values: list[str]) -> set[int]:
    """The values that can be primary keys; anything else was not sent by our page."""
    return {int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19}


def fill_empty(data: QueryDict, grid: Grid) -> None:
    """Write the common price and stock into the cells that have none yet."""
    for cell in grid.cells:
        for field in ("price", "stock"):
            name, value = f"{cell.prefix}-{field}", data.get(f"fill_{field}", "")[:40]
            if value and not cell.variant and not data.get(name):
                data[name] = value
                data[f"{cell.prefix}-active"] = "on"


def ticked(rows: Any, chosen_rows: list[Any]) -> list[tuple[Model, bool]]:
    """Each row with whether it is among the chosen ones."""
    keys = {row.pk for row in chosen_rows}
    return [(row, row.pk in keys) for row in rows]
