"""A price that changes between the checkout page and its button, over real HTTP: charged is what was shown."""

from functools import partial

import pytest

from sandbox.models import Charge, Session
from shop.catalog.models import ProductVariant
from shop.marketing.sales import apply_sales
from shop.orders.models import Order
from shop.tests.builders import make_product, make_promotion, make_rate, make_sale, make_variant
from torture.shopper import Shopper, at_once

pytestmark = pytest.mark.django_db(transaction=True)
# A shirt and its delivery, before and in the sale.
BEFORE, REDUCED = 7800 + 395, 6240 + 395
ROUNDS = 6


@pytest.fixture
def shirt() -> ProductVariant:
    make_rate("standard", 395, None)
    return make_variant(make_product("Quarry Linen Shirt"), stock=50, price=7800)


def at_checkout(shop_site: str, shirt: ProductVariant, name: str = "sam") -> tuple[Shopper, dict[str, str]]:
    """Somebody who looks at the checkout page, and the form as they will send it."""
    person = Shopper(shop_site, name)
    person.add(shirt.pk)
    form = person.fill_in(method="standard")
    assert "£81.95" in person.page.text
    return person, form


def agree(person: Shopper, form: dict[str, str]) -> None:
    person.go(f"{person.shop}/checkout/", form)


def begin_sale() -> None:
    make_sale(20)
    assert apply_sales() == 1


def test_a_sale_that_begins_is_told_before_anything_is_ordered_and_then_charged(
    shop_site: str, shirt: ProductVariant
) -> None:
    sam, form = at_checkout(shop_site, shirt)
    begin_sale()
    agree(sam, form)
    assert sam.page.url == f"{shop_site}/cart/?changed=lines"
    assert "nothing was ordered" in sam.page.text
    assert "Quarry Linen Shirt is now £62.40, it was £78" in sam.page.text
    assert (Order.objects.count(), Session.objects.count()) == (0, 0)
    form = sam.fill_in(method="standard")
    assert "£66.35" in sam.page.text
    agree(sam, form)
    sam.card()
    assert (Order.objects.get().grand_total, Charge.objects.get().amount, sam.faults) == (REDUCED, REDUCED, [])


def test_an_offer_for_everybody_that_begins_or_ends_is_told_as_well(shop_site: str, shirt: ProductVariant) -> None:
    sam, form = at_checkout(shop_site, shirt)
    offer = make_promotion(percent=20, needs_code=False)
    agree(sam, form)
    assert (sam.page.url, Order.objects.count()) == (f"{shop_site}/cart/?changed=lines", 0)
    form = sam.fill_in(method="standard")
    assert "£66.35" in sam.page.text
    offer.is_active = False
    offer.save()
    agree(sam, form)
    assert (sam.page.url, Order.objects.count()) == (f"{shop_site}/cart/?changed=lines", 0)


def test_who_is_at_the_payment_page_pays_what_was_agreed(shop_site: str, shirt: ProductVariant) -> None:
    sam, form = at_checkout(shop_site, shirt)
    agree(sam, form)
    begin_sale()
    assert "£81.95" in sam.page.text
    sam.card()
    order = Order.objects.get()
    assert (order.state, order.grand_total, Charge.objects.get().amount) == ("paid", BEFORE, BEFORE)


def test_a_sale_that_begins_at_the_same_moment_charges_what_was_shown_or_nothing(
    shop_site: str, shirt: ProductVariant
) -> None:
    buyers = [at_checkout(shop_site, shirt, f"buyer.{number}") for number in range(ROUNDS)]
    make_sale(20)
    at_once(apply_sales, *(partial(agree, person, form) for person, form in buyers))
    shirt.refresh_from_db()
    assert shirt.price == 6240
    for person, _ in buyers:
        order = Order.objects.filter(email=person.email).first()
        if order:
            assert person.may_pay and "£81.95" in person.page.text
            person.card()
        else:
            assert person.page.url == f"{shop_site}/cart/?changed=lines"
        assert person.faults == []
    assert set(Order.objects.values_list("grand_total", "state")) <= {(BEFORE, "paid")}
    assert list(Charge.objects.values_list("amount", flat=True)) == [BEFORE] * Order.objects.count()
