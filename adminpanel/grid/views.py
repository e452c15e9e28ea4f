"""The grid's page: choose colours and sizes, fill in, save. Plain forms, so it works without JavaScript."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse

from adminpanel.grid.forms import MOST_CELLS, Grid, default_location, make_grid
from adminpanel.grid.saving import GridRefused, Summary, save_grid
from shop.catalog.models import Colour, Product, Size, SizeSystem

RIGHTS = ("shop.change_product", "shop.add_productvariant", "shop.change_productvariant")


def grid_page(request: HttpRequest, product_id: int) -> HttpResponseBase:
    """Show the grid (GET), fill its empty cells or save it (POST)."""
    if not request.user.has_perms(RIGHTS):
        raise PermissionDenied
    product = get_object_or_404(Product, pk=product_id)
    colours, sizes = chosen(product, request.POST if request.method == "POST" else request.GET)
    if len(colours) * len(sizes) > MOST_CELLS:
        messages.error(request, f"That would be {len(colours) * len(sizes)} variants on one page; {MOST_CELLS} fit.")
        colours, sizes = chosen(product, QueryDict())
    may_stock = request.user.has_perm("shop.change_stocklevel")
    if request.method != "POST":
        return page(request, product, make_grid(product, colours, sizes, may_stock=may_stock))
    data = request.POST.copy()
    if "fill" in data:
        fill_empty(data, make_grid(product, colours, sizes, data, may_stock=may_stock))
        return page(request, product, make_grid(product, colours, sizes, data, may_stock=may_stock))
    grid = make_grid(product, colours, sizes, data, may_stock=may_stock)
    summary = save(request, product, grid)
    if summary is None:
        return page(request, product, grid, status=422, refused=True)
    messages.success(request, f"{product}: {summary}.")
    return HttpResponseRedirect(reverse("admin:shop_product_grid", args=[product.pk]))


def save(request: HttpRequest, product: Product, grid: Grid) -> Summary | None:
    """Save the grid; None, with the reasons in its cells, when it cannot be."""
    if not grid.is_valid():
        return None
    wanted = [cell.wanted() for cell in grid.cells]
    actor: Any = request.user
    try:
        return save_grid(
            product=product, cells=[cell for cell in wanted if cell], location=default_location(), actor=actor
        )
    except GridRefused as refusal:
        cells = {str(cell.prefix): cell for cell in grid.cells}
        for key, (field, message) in refusal.errors.items():
            cells[key].add_error(field, message)
        if not refusal.errors:
            messages.error(request, "Somebody else saved one of these SKUs at the same moment. Please save again.")
        return None


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


def page(
    request: HttpRequest, product: Product, grid: Grid, *, status: int = 200, refused: bool = False
) -> HttpResponseBase:
    context = {
        **admin.site.each_context(request),
        "title": f"Sizes and colours of {product}",
        "opts": Product._meta,
        "product": product,
        "grid": grid,
        "refused": refused,
        "location": default_location(),
        "all_colours": ticked(Colour.objects.all(), grid.colours),
        "systems": [
            (system, ticked(system.sizes.all(), grid.sizes))
            for system in SizeSystem.objects.prefetch_related("sizes").order_by("name")
        ],
    }
    return TemplateResponse(request, "adminpanel/grid/page.html", context, status=status)


def ticked(rows: Any, chosen_rows: list[Any]) -> list[tuple[Model, bool]]:
    """Each row with whether it is among the chosen ones."""
    keys = {row.pk for row in chosen_rows}
    return [(row, row.pk in keys) for row in rows]
