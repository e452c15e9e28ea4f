"""T1: the transaction that turns a bag into an order."""

from threading import Lock

import pytest

from shop.cart import services as cart
from shop.cart.stores import StoredCart, StoredLine, store
from shop.catalog import listings
from shop.catalog.models import ProductListing, ProductVariant
from shop.checkout import bags, services
from shop.checkout.quote import Quote, quote
from shop.checkout.services import CartChanged, CountryChanged, DeliveryChanged, Shown, place_order
from shop.checkout.tests.paying_builders import FakeProvider
from shop.core.numbers import secret_key
from shop.delivery.models import ShippingRate
from shop.events.models import OutboxEvent
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_colour, make_product, make_rate, make_recipient, make_size, make_variant
from shop.tests.parallel import in_parallel
from shop.warehouse.models import Reservation, StockLevel
from shop.warehouse.services import OutOfStock, Shortage

pytestmark = pytest.mark.django_db


def fill(*variants: ProductVariant, quantity: int = 1) -> StoredCart:
    """A bag with that many of each."""
    key = secret_key()
    for variant in variants:
        store().add(key, StoredLine(variant.pk, quantity, variant.price))
    return load(key)


def load(key: str) -> StoredCart:
    found = store().load(key)
    assert found
    return found


def shown(stored: StoredCart, country: str = "GB") -> Shown:
    bag = cart.price(stored)
    return services.shown(quote(bag, country))


def place(stored: StoredCart, seen: Shown | None = None, **options: object) -> Order:
    recipient = make_recipient(**{name: options.pop(name) for name in ("country",) if name in options})
    defaults = {"placement_key": stored.placement_key, "method": "standard", "recipient": recipient}
    return place_order(stored=stored, seen=seen or shown(stored), **{**defaults, **options})  # type: ignore[arg-type]


def nothing_was_written() -> bool:
    reserved = StockLevel.objects.filter(reserved__gt=0).exists() or Reservation.objects.exists()
    rows = (Order.objects, OrderLine.objects, PaymentAttempt.objects, OutboxEvent.objects)
    return not reserved and not any(manager.exists() for manager in rows)


def test_an_order_holds_its_stock_and_can_be_paid() -> None:
    make_rate("standard", 395, 20000)
    shirt, scarf = make_variant(price=7800), make_variant(make_product("Scarf"), price=2500)
    stored = fill(shirt, scarf, quantity=2)
    order = place(stored)
    attempt = PaymentAttempt.objects.get()
    assert (order.lines_total, order.delivery_total, order.grand_total) == (20600, 0, 20600)
    assert (attempt.order_id, attempt.amount, attempt.state) == (order.pk, 20600, "created")
    assert order.hold_until is not None and order.hold_until > attempt.expires_at
    assert list(StockLevel.objects.values_list("reserved", flat=True)) == [2, 2]
    assert {hold.expires_at for hold in Reservation.objects.all()} == {order.hold_until}
    assert order.delivery_from is not None and order.delivery_until is not None
    event = OutboxEvent.objects.get(name="OrderPlaced")
    assert event.detail == {"order_id": order.pk, "number": order.number, "currency": "GBP", "grand_total": 20600}
    assert load(stored.key) == stored, "the bag is kept until the order is paid"


def test_the_line_keeps_the_picture_that_was_shown() -> None:
    make_rate()
    shirt = make_variant()
    listings.refresh([shirt.product_id])
    renditions = {"900": "products/1/a-900.webp", "320": "products/1/a-320.webp"}
    ProductListing.objects.update(colours=[{"slug": "sky", "image": renditions}])
    assert place(fill(shirt)).lines.get().image == "products/1/a-320.webp"


def test_the_same_key_twice_is_the_same_order() -> None:
    make_rate()
    stored = fill(make_variant())
    first, second = place(stored), place(stored)
    assert (first.pk, Order.objects.count(), PaymentAttempt.objects.count()) == (second.pk, 1, 1)
    assert StockLevel.objects.get().reserved == 1


def test_a_placed_order_is_never_recomputed() -> None:
    make_rate()
    shirt = make_variant(price=7800)
    stored = fill(shirt)
    place(stored)
    ProductVariant.objects.update(price=9900)
    assert place(stored).lines_total == 7800


def test_another_price_than_shown_places_nothing_and_names_the_line() -> None:
    make_rate()
    shirt = make_variant(make_product("Quarry Linen Shirt"), price=7800)
    stored = fill(shirt)
    seen = shown(stored)
    ProductVariant.objects.update(price=7700)
    with pytest.raises(CartChanged, match="Quarry Linen Shirt in M"):
        place(stored, seen)
    assert nothing_was_written()


@pytest.mark.parametrize("change", ["stock fell", "no longer sold", "bag changed", "bag emptied"])
def test_a_bag_that_is_not_as_shown_places_nothing(change: str) -> None:
    make_rate()
    shirt = make_variant(stock=3)
    stored = fill(shirt, quantity=2)
    seen, key = shown(stored), stored.placement_key
    if change == "stock fell":
        StockLevel.objects.update(on_hand=1)
    elif change == "no longer sold":
        ProductVariant.objects.update(is_active=False)
    elif change == "bag changed":
        store().set_quantity(stored.key, shirt.pk, 1)
    else:
        store().clear(stored.key)
    with pytest.raises(CartChanged):
        place(load(stored.key), seen, placement_key=key)
    assert nothing_was_written()


def test_delivery_that_costs_something_else_than_shown_places_nothing() -> None:
    make_rate("standard", 395, None)
    make_rate("standard", 900, None, countries=["IM"])
    stored = fill(make_variant())
    seen = shown(stored)
    with pytest.raises(DeliveryChanged, match="Standard to this country is £9"):
        place(stored, seen, country="IM")
    for wrong in ({"country": "US", "seen": shown(stored, "US")}, {"method": "drone"}):
        with pytest.raises(DeliveryChanged, match="not offered there"):
            place(stored, **{"seen": seen, **wrong})  # type: ignore[arg-type]
    ShippingRate.objects.update(price=500)
    with pytest.raises(DeliveryChanged):
        place(stored, seen)
    assert nothing_was_written()


def test_another_country_than_shown_where_the_goods_cost_something_else_places_nothing() -> None:
    make_rate("standard", 395, None, countries=["GB", "US"])
    stored = fill(make_variant())
    with pytest.raises(CountryChanged, match="Going there, your pieces cost £65"):
        place(stored, shown(stored, "GB"), country="US")
    assert nothing_was_written()


def test_stock_taken_between_page_and_order_places_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    make_rate()
    shirt = make_variant(stock=1)
    stored = fill(shirt)
    real = services.quoted_as_shown

    def then_sold(*args: object) -> Quote:
        quoted = real(*args)  # type: ignore[arg-type]
        StockLevel.objects.update(on_hand=0)
        return quoted

    monkeypatch.setattr(services, "quoted_as_shown", then_sold)
    with pytest.raises(OutOfStock) as caught:
        place(stored)
    assert caught.value.shortages == (Shortage(shirt.pk, 1, 0),)
    assert nothing_was_written()


def test_shown_amounts_survive_the_form_and_anything_else_matches_nothing() -> None:
    seen = Shown(14200, {"standard": 0, "express": 600})
    assert Shown.decode(seen.encode()) == seen
    for broken in ("", "goods=x", "goods=-1", "goods=１２", "🧥", "a" * 9000, "goods=1&goods=2&by-="):
        assert Shown.decode(broken) != seen
    assert Shown.decode("").goods == -1


def test_a_paid_order_leaves_what_came_into_the_bag_later() -> None:
    make_rate()
    shirt, scarf = make_variant(), make_variant(make_product("Scarf"))
    stored = fill(shirt, quantity=2)
    order = place(stored)
    store().add(stored.key, StoredLine(scarf.pk, 1, 2500))
    for _ in range(2):
        bags.take_out(order)
        assert [(line.variant_id, line.quantity) for line in load(stored.key).lines] == [(scarf.pk, 1)]


@pytest.mark.django_db(transaction=True)
def test_two_buyers_and_one_unit_make_one_order() -> None:
    make_rate()
    shirt = make_variant(stock=1)
    waiting, lock = [fill(shirt) for _ in range(4)], Lock()

    def buy() -> None:
        with lock:
            stored = waiting.pop()
        place(stored)

    errors = in_parallel(buy, 4)
    assert {type(error) for error in errors} <= {OutOfStock, CartChanged}
    assert len(errors) == 3
    for error in errors:
        if isinstance(error, OutOfStock):
            assert error.shortages == (Shortage(shirt.pk, 1, 0),)
        elif isinstance(error, CartChanged):
            assert [line.variant.pk for line in error.lines] == [shirt.pk]
    assert (Order.objects.count(), OrderLine.objects.count(), PaymentAttempt.objects.count()) == (1, 1, 1)
    assert StockLevel.objects.get().reserved == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_order(fake: FakeProvider) -> None:
    make_rate()
    stored = fill(make_variant(stock=10), quantity=2)
    placed: list[int] = []
    errors = in_parallel(lambda: placed.append(place(stored).pk), 4)
    assert (errors, len(placed), len(set(placed))) == ([], 4, 1)
    assert (Order.objects.count(), StockLevel.objects.get().reserved) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_bags_with_the_same_pieces_in_another_order_do_not_deadlock() -> None:
    make_rate()
    product = make_product()
    pieces = [make_variant(product, colour=make_colour(name), size=make_size("M")) for name in ("Sky", "Oat", "Moss")]
    waiting = [fill(*pieces), fill(*reversed(pieces)), fill(*pieces[1:], pieces[0]), fill(*pieces)]
    assert in_parallel(lambda: place(waiting.pop()), 4) == []
    assert list(StockLevel.objects.values_list("reserved", flat=True)) == [4, 4, 4]
