"""Search and its suggestions."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shop.activity.services import mark_of
from shop.activity.stores import Kind
from shop.catalog import purging
from shop.catalog import search as full_text
from shop.catalog import snapshot as snapshots
from shop.catalog.cards import cards_for
from shop.catalog.filters import QUERY_LENGTH, Filters, clean_words, parse
from shop.catalog.results import Scope
from shop.catalog.snapshot import DEPARTMENTS, Snapshot
from shop.catalog.suggest import search_url, suggestions
from shop.catalog.views.listing import found_or_404
from shop.core import shown
from shop.core.http import PURGED, public_page

INSTEAD = 4


@public_page(PURGED)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What was found for the words, with the filters of a listing; else what to try instead."""
    snapshot = snapshots.of(request)
    filters = parse(request.GET, snapshot)
    shown.shows(*purging.of_list(purging.SEARCH, filters))
    context: dict[str, object] = {
        "snapshot": snapshot,
        "words": filters.q,
        "shortened": len(request.GET.get("q", "").strip()) > QUERY_LENGTH,
        "noindex": True,
        "mark": mark_of(Kind.SEARCHED) if filters.q else "",
        "title": f"{filters.q}: search" if filters.q else "Search",
    }
    ids = full_text.product_ids(filters.q, snapshot.version)
    context |= _found(snapshot, filters, ids, request.path) if ids else _nothing(snapshot, filters.q)
    return render(request, "shop/catalog/search.html", context)


@public_page(PURGED)
@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """The lines of the search field's list as a piece of HTML; empty for less than two letters."""
    snapshot = snapshots.of(request)
    shown.shows(purging.SEARCH)
    words = clean_words(request.GET.get("q", ""))
    context = {"groups": suggestions(words, snapshot), "words": words}
    return render(request, "shop/catalog/parts/suggestions.html", context)


def _found(snapshot: Snapshot, filters: Filters, ids: tuple[int, ...], path: str) -> dict[str, object]:
    products, ranking = snapshot.index.set_of(ids)
    scope = Scope(path, products, snapshot.nav, DEPARTMENTS, ranking)
    return {"results": found_or_404(snapshot, scope, filters)}


def _nothing(snapshot: Snapshot, words: str) -> dict[str, object]:
    """Help for words that match nothing: a likelier spelling if that finds something, categories, the newest pieces."""
    meant = full_text.corrected(words, snapshot.vocabulary)
    if not full_text.product_ids(meant, snapshot.version):
        meant = ""
    index = snapshot.index
    newest = index.page(index.everything, index.orders["newest"], 0, INSTEAD)
    return {"meant": meant, "meant_url": search_url(meant), "instead": cards_for(newest)}
