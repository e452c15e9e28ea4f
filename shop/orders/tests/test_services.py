from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from shop.core.errors import InvalidTransition
from shop.orders import services
from shop.orders.models import Order
from shop.tests.builders import make_order, make_product, make_recipient, make_user, make_variant

pytestmark = pytest.mark.django_db
State = Order.State


def test_an_order_copies_what_was_shown() -> None:
    variant = make_variant(make_product("Harbour Stitch Crew"), price=8900, sku="HSC-1")
    order = make_order(variant, quantity=2)
    variant.product.name = "Renamed"
    variant.product.save()
    line = order.lines.get()
    assert (line.product_name, line.sku, line.colour_name, line.size_name) == (
        "Harbour Stitch Crew",
        "HSC-1",
        "Sky",
        "M",
    )
    assert (line.unit_price, line.quantity, line.line_total) == (8900, 2, 17800)
    assert (order.lines_total, order.delivery_total, order.grand_total) == (17800, 395, 18195)
    assert [(c.from_state, c.to_state) for c in order.state_changes.all()] == [("", "pending")]


def test_one_placement_key_makes_one_order() -> None:
    make_order(placement_key="bag:1")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_order(placement_key="bag:1")
    assert Order.objects.count() == 1


def test_paying_sets_its_time_ends_the_hold_and_is_written_down() -> None:
    order, alice = make_order(), make_user()
    services.move(order, State.PAID, reason="card", actor=alice)
    order.refresh_from_db()
    change = order.state_changes.last()
    assert change is not None
    assert (order.state, order.paid_at, order.hold_until) == ("paid", change.created_at, None)
    assert (change.from_state, change.to_state, change.reason, change.actor) == ("pending", "paid", "card", alice)


def test_late_money_revives_a_cancelled_order() -> None:
    order = make_order()
    services.move(order, State.CANCELLED, reason="not paid in time")
    assert order.cancelled_at is not None
    services.move(order, State.PAID, reason="paid late")
    order = Order.objects.get(pk=order.pk)
    assert (order.state, order.cancelled_at) == ("paid", None)
    assert order.paid_at is not None


@pytest.mark.parametrize("start", list(State))
@pytest.mark.parametrize("to", list(State))
def test_only_the_listed_moves_are_possible(start: Order.State, to: Order.State) -> None:
    order = make_order()
    Order.objects.filter(pk=order.pk).update(state=start)
    order.refresh_from_db()
    if to in services.MOVES[start]:
        services.move(order, to)
        assert order.state_changes.count() == 2
    else:
        with pytest.raises(InvalidTransition):
            services.move(order, to)
        assert order.state_changes.count() == 1
    order.refresh_from_db()
    assert order.state == (to if to in services.MOVES[start] else start)


def test_a_paid_order_never_goes_back_but_to_be_cancelled() -> None:
    assert services.MOVES[State.PAID] == frozenset({State.CANCELLED})
    assert {state for state, after in services.MOVES.items() if State.PAID in after} == set(State) - {State.PAID}


def test_the_recipient_can_be_corrected_until_the_order_is_paid() -> None:
    order = make_order()
    services.correct_recipient(order, replace(make_recipient(), full_name="Sam O'Kafor", address="15 Navarino Road"))
    order.refresh_from_db()
    assert (order.full_name, order.address, order.grand_total) == ("Sam O'Kafor", "15 Navarino Road", 8195)
    services.move(order, State.PAID)
    with pytest.raises(InvalidTransition):
        services.correct_recipient(order, make_recipient(address="Elsewhere"))
    order.refresh_from_db()
    assert order.address == "15 Navarino Road"
