"""Save for later: from the bag to the wish list, by the same form as every change of a line."""

from typing import Any

import pytest
from django.test import Client

from shop.cart.models import CartLine
from shop.cart.tests.view_builders import DRAWER, add, bag, sizes
from shop.catalog.models import ProductVariant
from shop.tests.builders import make_product, make_user, make_variant
from shop.wishlist import services
from shop.wishlist.models import WishItem

pytestmark = pytest.mark.django_db


def later(client: Client, variant: ProductVariant, **options: Any) -> Any:
    form = {"variant": variant.pk, "quantity": "x", "later": "1"}
    return client.post("/cart/update/", form, follow=True, **options)


def wishes() -> list[tuple[int, int | None, int | None]]:
    return list(WishItem.objects.values_list("product_id", "variant_id", "wish_list__user_id"))


def test_a_guests_line_moves_to_the_list_of_their_browser_in_its_size(client: Client) -> None:
    m, large = sizes("M", "L")
    add(client, m, 2)
    add(client, large)
    page = later(client, large).content.decode()
    assert bag() == [(m.pk, 2)] and wishes() == [(large.product_id, large.pk, None)]
    assert f'{large.product.name} in sky is on your <a href="/wishlist/">wish list</a> now.' in page
    assert f'<option value="{large.pk}" selected>L</option>' in client.get("/wishlist/").content.decode()


def test_a_customers_line_moves_to_their_own_list_and_the_drawer_says_so(client: Client) -> None:
    (m,) = sizes("M")
    user = make_user()
    client.force_login(user)
    add(client, m)
    drawer = later(client, m, headers=DRAWER).content.decode()
    assert drawer.strip().startswith("<dialog") and "wish list</a> now." in drawer
    assert (bag(), wishes()) == ([], [(m.product_id, m.pk, user.pk)])


def test_a_full_list_takes_nothing_and_the_line_stays(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_ITEMS", 0)
    (m,) = sizes("M")
    add(client, m)
    page = later(client, m).content.decode()
    assert f"{m.product.name} in sky stays in your bag. A wish list takes 0 pieces." in page
    assert (bag(), wishes()) == ([(m.pk, 1)], [])


def test_a_line_of_another_bag_moves_nowhere(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m)
    other = Client()
    add(other, make_variant(make_product("Coat")))
    later(other, m)
    assert wishes() == [] and CartLine.objects.filter(variant=m).exists()


def test_what_is_no_longer_sold_is_only_removed(client: Client) -> None:
    (m,) = sizes("M")
    add(client, m)
    assert "Save for later" in client.get("/cart/").content.decode()
    ProductVariant.objects.update(is_active=False)
    assert "Save for later" not in client.get("/cart/").content.decode()
