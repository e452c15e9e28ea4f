from datetime import timedelta

import pytest
from django.test import Client

from shop.catalog import listings, snapshot
from shop.catalog.handlers import refresh_listing
from shop.catalog.models import Product, ProductListing
from shop.catalog.tests.test_listing_page import list_product, names
from shop.core import clock
from shop.events.envelope import Event
from shop.events.services import emit
from shop.tests.builders import make_category, make_variant

pytestmark = pytest.mark.django_db


def test_snapshot_is_kept_until_the_version_changes() -> None:
    product = list_product("Tee")
    first = snapshot.current()
    assert snapshot.current() is first
    listings.refresh([product.pk])
    assert snapshot.current() is not first


def test_dear_rebuild_is_followed_by_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    product = list_product("Tee")
    monkeypatch.setattr(snapshot, "CHEAP_SECONDS", 0.0)
    monkeypatch.setattr(snapshot, "PAUSE_FACTOR", 1_000_000)
    monkeypatch.setattr(snapshot, "_kept", snapshot._Kept())
    first = snapshot.current()
    listings.refresh([product.pk])
    assert snapshot.current() is first


def test_old_snapshot_is_built_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    list_product("Tee")
    first = snapshot.current()
    later = clock.now() + snapshot.MAX_AGE + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert snapshot.current() is not first


def test_navigation_has_categories_with_products() -> None:
    tops = make_category("Tops", "tops")
    list_product("Tee", category=make_category("Tees", "tees", parent=tops))
    make_category("Hats", "hats")
    nav = snapshot.current().nav
    assert [(node.slug, node.products, [child.slug for child in node.children]) for node in nav] == [
        ("tops", 1, ["tees"])
    ]


def test_changed_product_is_shown_as_it_now_is(client: Client) -> None:
    product = list_product("Old Name")
    Product.objects.filter(pk=product.pk).update(name="New Name")
    row = emit("ProductChanged", {"product_id": product.pk, "slug": product.slug, "reason": "edited"})
    refresh_listing(Event.of(row))
    assert names(client, "/shop/") == ["New Name"]


def test_product_that_is_gone_is_not_listed(client: Client) -> None:
    product = make_variant().product
    listings.refresh([product.pk, 0])
    assert ProductListing.objects.count() == 1
