"""The front page."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from shop.catalog import purging
from shop.catalog import snapshot as snapshots
from shop.catalog.cards import cards_for
from shop.catalog.facets import Wanted
from shop.catalog.snapshot import CategoryNode, Snapshot
from shop.core import clock, shown
from shop.core.http import public_page
from shop.orders.models import OrderLine

ROW = 4
# Close-ups were made for these categories, in these widths; the others are reached by the menu.
TILES = {
    "shirts": ("tile-a", (500, 1000)),
    "knitwear": ("tile-b", (400, 800)),
    "trousers": ("tile-c", (400, 800)),
    "dresses": ("tile-d", (400, 800)),
    "tees-sweats": ("tile-e", (400, 800)),
}
BEST_SELLERS_OVER = timedelta(days=90)
BEST_SELLERS_KEPT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Tile:
    """A category with its close-up: addresses by width."""

    category: CategoryNode
    renditions: dict[str, str]


@public_page(int(BEST_SELLERS_KEPT.total_seconds()))
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is new, what is kept, what is reduced: three rows of cards, one query for all of them."""
    shown.shows(purging.HOME)
    snapshot = snapshots.of(request)
    index = snapshot.index
    newest = index.orders["newest"]
    here = index.matching(Wanted(in_stock=True), index.everything)
    fresh = index.page(here & snapshot.new, newest, 0, ROW)
    kept = [pk for pk in best_sellers(period()) if pk not in fresh][:ROW]
    reduced = [pk for pk in index.page(here & index.on_sale, newest, 0, ROW * 3) if pk not in fresh + kept][:ROW]
    # A product that was taken off the list since this snapshot has no card any more.
    cards = {card.product_id: card for card in cards_for([*fresh, *kept, *reduced])}
    return render(
        request,
        "shop/catalog/home.html",
        {
            "snapshot": snapshot,
            "fresh": [cards[pk] for pk in fresh if pk in cards],
            "fresh_total": snapshot.new.bit_count(),
            "kept": [cards[pk] for pk in kept if pk in cards],
            "reduced": [cards[pk] for pk in reduced if pk in cards],
            "reduced_total": index.on_sale.bit_count(),
            "tiles": tiles(snapshot),
            "canonical": "/",
        },
    )


def tiles(snapshot: Snapshot) -> list[Tile]:
    """The categories that have a close-up, where they have products."""
    shown = [(snapshot.categories[slug], still) for slug, still in TILES.items() if slug in snapshot.categories]
    return [
        Tile(category, {str(width): static(f"img/{name}-{width}.webp") for width in widths})
        for category, (name, widths) in shown
    ]


def period() -> int:
    """A number that changes as often as the best sellers are counted anew."""
    return int(clock.now().timestamp() // BEST_SELLERS_KEPT.total_seconds())


@lru_cache(maxsize=1)
def best_sellers(period: int) -> tuple[int, ...]:
    """Ids of the products sold most of late, most first: counted once for each period."""
    sold = OrderLine.objects.filter(order__placed_at__gt=clock.now() - BEST_SELLERS_OVER, variant__isnull=False)
    ranked = sold.values("variant__product_id").annotate(sold=Sum("quantity")).order_by("-sold", "variant__product_id")
    return tuple(ranked.values_list("variant__product_id", flat=True)[: ROW * 3])
