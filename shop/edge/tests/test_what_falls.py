"""What a change takes down at the edge, and what stays: the same through both edges."""

from typing import Any

import pytest
from django.db import transaction

from shop.catalog import listings
from shop.catalog.models import Product, ProductVariant
from shop.edge.models import EdgePurge
from shop.edge.tests.edges import Edge, Laptop, PretendedCloudFront, tick
from shop.events.services import emit
from shop.tests.builders import make_category, make_product, make_rate, make_size, make_variant
from shop.warehouse import levels
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import StockMovement

pytestmark = pytest.mark.django_db

# Quarry: a shirt for women; Harbour: one for men; Meadow: a dress. All in stock; Meadow costs more than 100.
OF_QUARRY = {"/product/quarry/", "/product/quarry/?colour=sky"}
SHOWING_QUARRY = {
    "/",
    "/shop/",
    "/shop/?new=1",
    "/shop/shirts/",
    "/shop/women/",
    "/search/?q=quarry",
    "/product/meadow/",
}
BY_PRICE = {"/shop/?sort=price", "/shop/men/?sort=price"}
OF_SIZES = {"/shop/shirts/?size=m", "/shop/dresses/?stock=1"}
# Lists of Quarry's category whose pages count it, but do not show it.
COUNTING_QUARRY = {"/shop/shirts/?department=men"}
OTHERS = {"/product/harbour/", "/shop/dresses/", "/shop/men/", "/search/?q=meadow", "/search/suggest/?q=mea"}
OTHERS |= {"/pages/delivery/", "/pages/size-guide/", "/robots.txt"}
ALL = OF_QUARRY | SHOWING_QUARRY | BY_PRICE | OF_SIZES | COUNTING_QUARRY | OTHERS


@pytest.fixture(params=[Laptop, PretendedCloudFront])
def edge(request: pytest.FixtureRequest, settings: Any) -> Edge:
    if request.param is PretendedCloudFront:
        request.getfixturevalue("cloud")
    found: Edge = request.param(settings)
    return found


@pytest.fixture
def quarry(edge: Edge) -> Product:
    """Everything was visited, and is kept."""
    make_rate()
    dresses = make_category("Dresses", "dresses")
    quarry = make_product("Quarry", slug="quarry", department="women", description="A shirt.")
    harbour = make_product("Harbour", slug="harbour", department="men", description="A shirt.")
    meadow = make_product("Meadow", slug="meadow", department="women", description="A dress.", category=dresses)
    for product, price in ((quarry, 7800), (harbour, 7800), (meadow, 12000)):
        make_variant(product, price=price)
    make_variant(quarry, size=make_size("L"))
    listings.refresh([quarry.pk, harbour.pk, meadow.pk])
    tick()
    assert set(EdgePurge.objects.values_list("state", "last_error")) == {("purged", "")}
    settle()
    edge.visit(*ALL)
    assert edge.kept() == ALL
    return quarry


def settle() -> None:
    """As if what was purged so far were purged long ago: pages made just after a purge are not kept."""
    EdgePurge.objects.update(purged_at="2020-01-01T00:00Z")


def changed(product: Product) -> None:
    emit("ProductChanged", {"product_id": product.pk, "slug": product.slug, "reason": "edited"})


def fallen(edge: Edge) -> set[str]:
    """What falls within one tick of the relay."""
    before = edge.kept()
    tick()
    return before - edge.kept()


def test_a_price_takes_the_pages_that_show_or_order_by_it(edge: Edge, quarry: Product) -> None:
    ProductVariant.objects.filter(product=quarry).update(price=7900)
    changed(quarry)
    assert fallen(edge) == OF_QUARRY | SHOWING_QUARRY | {"/shop/?sort=price", "/shop/shirts/?size=m"}


def test_a_price_in_another_band_takes_also_the_lists_that_count_by_bands(edge: Edge, quarry: Product) -> None:
    ProductVariant.objects.filter(product=quarry).update(price=4900)
    changed(quarry)
    searches = {"/search/?q=meadow", "/search/suggest/?q=mea"}
    assert fallen(edge) == OF_QUARRY | SHOWING_QUARRY | COUNTING_QUARRY | searches | {
        "/shop/?sort=price",
        "/shop/shirts/?size=m",
    }


def test_what_only_its_own_page_says_takes_its_own_page(edge: Edge, quarry: Product) -> None:
    Product.objects.filter(pk=quarry.pk).update(care=["Wash cold"])
    changed(quarry)
    assert fallen(edge) == OF_QUARRY


def test_words_that_searches_find_take_the_searches_too(edge: Edge, quarry: Product) -> None:
    Product.objects.filter(pk=quarry.pk).update(description="A shirt for a meadow.")
    changed(quarry)
    assert fallen(edge) == OF_QUARRY | SHOWING_QUARRY | {"/search/?q=meadow", "/search/suggest/?q=mea"} | {
        "/shop/?sort=price",
        "/shop/shirts/?size=m",
    }


def sell_out(product: Product, sizes: int) -> None:
    for variant in product.variants.order_by("pk")[:sizes]:
        with transaction.atomic():
            locked = levels.lock([variant.pk])
            cause = Cause(StockMovement.Kind.ADJUSTMENT, "", "gone", None)
            levels.apply(locked, [Change(locked[0].pk, on_hand=-locked[0].on_hand)], cause)


def test_a_size_that_sells_out_takes_the_pages_that_show_it_and_the_lists_by_size(edge: Edge, quarry: Product) -> None:
    sell_out(quarry, 1)
    assert fallen(edge) == OF_QUARRY | SHOWING_QUARRY | {"/shop/?sort=price", "/shop/shirts/?size=m"}


def test_a_product_that_sells_out_takes_the_lists_that_count_what_is_there(edge: Edge, quarry: Product) -> None:
    sell_out(quarry, 2)
    searches = {"/search/?q=meadow", "/search/suggest/?q=mea"}
    assert fallen(edge) == OF_QUARRY | SHOWING_QUARRY | COUNTING_QUARRY | searches | {
        "/shop/?sort=price",
        "/shop/shirts/?size=m",
    }


def test_a_new_product_takes_the_pages_that_should_show_it_and_no_others(edge: Edge, quarry: Product) -> None:
    """It stands on none of them yet: its lists, home and searches fall by tags of their own."""
    linden = make_product("Linden", slug="linden", department="men", description="A shirt.")
    make_variant(linden)
    changed(linden)
    assert fallen(edge) == {
        *("/", "/shop/", "/shop/?new=1", "/shop/?sort=price", "/shop/men/", "/shop/men/?sort=price"),
        *("/shop/shirts/", "/shop/shirts/?size=m", "/shop/shirts/?department=men"),
        *("/search/?q=quarry", "/search/?q=meadow", "/search/suggest/?q=mea"),
    }


def test_the_first_product_of_a_category_changes_the_menu_of_every_page(edge: Edge, quarry: Product) -> None:
    boot = make_product("Boot", slug="boot", category=make_category("Boots", "boots"))
    make_variant(boot)
    changed(boot)
    assert fallen(edge) == ALL


def test_the_last_product_of_a_category_takes_every_page_with_it(edge: Edge, quarry: Product) -> None:
    meadow = Product.objects.get(slug="meadow")
    Product.objects.filter(pk=meadow.pk).update(published_at=None)
    changed(meadow)
    assert fallen(edge) == ALL


def test_a_product_moved_to_another_category_takes_the_lists_of_both(edge: Edge, quarry: Product) -> None:
    Product.objects.filter(pk=quarry.pk).update(category=make_category("Dresses", "dresses"))
    changed(quarry)
    assert fallen(edge) == ALL - {"/product/harbour/", "/shop/men/", "/shop/men/?sort=price", *OTHERS & {
        "/pages/delivery/", "/pages/size-guide/", "/robots.txt"}}  # fmt: skip


def test_a_deleted_product_takes_every_page_since_nobody_knows_where_it_stood(edge: Edge, quarry: Product) -> None:
    listed = make_variant(make_product("Linden", slug="linden"), stock=0).product
    listings.refresh([listed.pk])
    fallen(edge)
    settle()
    edge.visit(*ALL)
    pk = listed.pk
    listed.delete()
    listings.refresh([pk])
    assert fallen(edge) == ALL


def test_what_no_product_has_takes_every_page(edge: Edge, quarry: Product) -> None:
    listings.bump_version()
    assert fallen(edge) == ALL


def test_a_draft_takes_nothing(edge: Edge, quarry: Product) -> None:
    draft = make_product("Draft", slug="draft", published_at=None)
    make_variant(draft)
    changed(draft)
    assert fallen(edge) == set()


def test_nothing_falls_for_a_change_that_was_rolled_back(edge: Edge, quarry: Product) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        ProductVariant.objects.filter(product=quarry).update(price=7900)
        listings.refresh([quarry.pk])
        raise RuntimeError
    assert fallen(edge) == set()
    assert not EdgePurge.objects.filter(state="pending").exists()


def test_what_fell_is_kept_again_once_it_was_asked_for(edge: Edge, quarry: Product) -> None:
    ProductVariant.objects.filter(product=quarry).update(price=7900)
    changed(quarry)
    fallen(edge)
    settle()
    edge.visit("/shop/")
    assert "/shop/" in edge.kept()
    assert "/product/quarry/" not in edge.kept()


def test_a_page_made_while_a_purge_is_due_is_not_kept(edge: Edge, quarry: Product) -> None:
    listings.bump_version()
    edge.visit("/pages/terms/")
    assert "/pages/terms/" not in edge.kept()
