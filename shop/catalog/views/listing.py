"""Lists of products: everything, a department, a category; and the stylesheet of the colours' dots."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from shop.catalog import purging
from shop.catalog import snapshot as snapshots
from shop.catalog.filters import Filters, parse
from shop.catalog.results import NoSuchPage, Results, Scope, results_for
from shop.catalog.snapshot import DEPARTMENTS, CategoryNode, Snapshot
from shop.core import shown
from shop.core.http import PURGED, public_page

YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Heading:
    """What a list is called, what is said of it, and the categories above it as (name, address)."""

    title: str
    description: str
    above: tuple[tuple[str, str], ...] = ()


@public_page(PURGED)
@require_safe
def listing(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Everything (no slug), what a department wears, or a category with all below it."""
    snapshot = snapshots.of(request)
    filters = parse(request.GET, snapshot)
    note_list(snapshot, slug, filters)
    scope, heading = scope_of(snapshot, slug, filters, request.path)
    results = found_or_404(snapshot, scope, filters)
    return render(request, "shop/catalog/listing.html", page_context(snapshot, results, heading))


@public_page(YEAR)
@require_safe
def colours(request: HttpRequest) -> HttpResponse:
    """A class with a background for every colour's dot; the address's `v` is that of the content."""
    snapshot = snapshots.of(request)
    response = HttpResponse(snapshot.stylesheet, content_type="text/css; charset=utf-8")
    if request.GET.get("v") == snapshot.stylesheet_version:
        patch_cache_control(response, max_age=YEAR, immutable=True)
    return response


def note_list(snapshot: Snapshot, slug: str, filters: Filters) -> None:
    """Which list the page is of, whose every product it counts; what is new is counted anew by the hour."""
    if slug in DEPARTMENTS:
        tag = purging.of_department(slug)
    else:
        tag = purging.of_category(snapshot.categories[slug].id) if slug in snapshot.categories else purging.ALL
    shown.shows(*purging.of_list(tag, filters))
    if filters.new:
        shown.shows_until(snapshot.built_at + snapshots.MAX_AGE)


def found_or_404(snapshot: Snapshot, scope: Scope, filters: Filters) -> Results:
    """The results, or 404 for a page number that leads nowhere."""
    try:
        return results_for(snapshot, scope, filters)
    except NoSuchPage as error:
        raise Http404("This list has no such page.") from error


def scope_of(snapshot: Snapshot, slug: str, filters: Filters, path: str) -> tuple[Scope, Heading]:
    """The products and the name of a list. Departments win over a category of the same slug."""
    index = snapshot.index
    if not slug:
        return Scope(path, index.everything, snapshot.nav, DEPARTMENTS), _everything(filters)
    if slug in DEPARTMENTS:
        scope = Scope(path, index.departments.get(slug, 0), snapshot.nav, {})
        return scope, Heading(DEPARTMENTS[slug], f"Clothes for {slug}, cut to be worn for years.")
    if slug not in snapshot.categories:
        raise Http404("There is no such category.")
    node = snapshot.categories[slug]
    scope = Scope(path, index.categories.get(node.id, 0), node.children, DEPARTMENTS)
    return scope, Heading(node.name, node.description or f"{node.name} in honest cloth.", _above(snapshot, node))


def _everything(filters: Filters) -> Heading:
    if filters.new:
        return Heading("New in", "The latest pieces, newest first.")
    if filters.on_sale:
        return Heading("Sale", "Pieces at a reduced price, while they last.")
    return Heading("All clothes", "Everything we make: considered everyday clothes in honest cloth.")


def _above(snapshot: Snapshot, node: CategoryNode) -> tuple[tuple[str, str], ...]:
    by_id = {other.id: other for other in snapshot.categories.values()}
    above: list[tuple[str, str]] = []
    while node.parent_id in by_id:
        node = by_id[node.parent_id]
        above.insert(0, (node.name, node.url))
    return tuple(above)


def page_context(snapshot: Snapshot, results: Results, heading: Heading) -> dict[str, object]:
    """The template's variables. Filtered pages stay out of search engines: they repeat what the plain list says."""
    filters = results.filters
    on_page = f", page {filters.page}" if filters.page > 1 else ""
    return {
        "snapshot": snapshot,
        "results": results,
        "heading": heading,
        "title": heading.title + on_page,
        "description": heading.description,
        "canonical": results.path + _indexed(filters).query(),
        "noindex": _indexed(filters) != filters,
    }


def _indexed(filters: Filters) -> Filters:
    """The address that stands for these filters in search engines: new in and sale count as lists of their own."""
    kept = Filters(new=filters.new, on_sale=filters.on_sale and not filters.new)
    return kept.on_page(filters.page) if kept.on_page(filters.page) == filters else kept
