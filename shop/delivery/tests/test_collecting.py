"""What is fetched at one of our places: served from there first, and told so when it was brought there from another."""

from datetime import timedelta

import pytest
from django.test import Client

from shop.alerts.models import Alert
from shop.catalog.models import ProductVariant
from shop.checkout.stock import demands_of
from shop.core import clock
from shop.delivery.models import ShippingMethod
from shop.delivery.parcels import News, dispatch, make_ready, note, record
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.tests.builders import make_packed
from shop.delivery.tests.test_showing import page
from shop.delivery.troubles import tell_uncollected
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.tests.builders import make_location, make_order, make_stock, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.filling import fill
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db
Kind = TrackingEvent.Kind


def fetched_order(*variants: ProductVariant) -> Order:
    """An unpaid order that is fetched at the shop, the second location."""
    order = make_order(*variants)
    ShippingMethod.objects.update_or_create(
        code=order.shipping_method, defaults={"name": "Collect", "collect_at": make_location("shop", 2)}
    )
    return order


def lie_at(*variants: ProductVariant, units: int = 1) -> None:
    for place in (make_location("main", 1), make_location("shop", 2)):
        for variant in variants:
            make_stock(variant, units, place)


def held_at(order: Order) -> set[str]:
    held = Reservation.objects.held().filter(order_line__order=order)
    return set(held.values_list("level__location__code", flat=True))


def brought() -> Shipment:
    """A parcel that was sent from the first location to the shop and waits there."""
    shipment = make_packed(carrier="")
    ShippingMethod.objects.update(collect_at=make_location("shop", 2))
    dispatch(shipment.pk, actor=None)
    make_ready(shipment.pk, actor=None)
    return shipment


def test_what_is_fetched_is_held_where_it_is_fetched() -> None:
    shirt, coat = make_variant(stock=0), make_variant(stock=0)
    lie_at(shirt, coat)
    order = fetched_order(shirt, coat)
    warehouse.reserve(demands=demands_of(order.lines.all()), document=order.number, expires_at=None)
    assert held_at(order) == {"shop"}


def test_what_is_not_all_there_comes_from_wherever_it_lies_together() -> None:
    shirt, coat = make_variant(stock=0), make_variant(stock=0)
    lie_at(shirt)
    make_stock(coat, 1, make_location("main", 1))
    order = fetched_order(shirt, coat)
    warehouse.reserve(demands=demands_of(order.lines.all()), document=order.number, expires_at=None)
    assert held_at(order) == {"main"}


def test_what_was_waited_for_is_held_there_too() -> None:
    shirt = make_variant(stock=0)
    order = fetched_order(shirt)
    Order.objects.filter(pk=order.pk).update(state="paid", paid_at=clock.now())
    BackOrder.objects.create(order_line=order.lines.get(), variant=shirt, quantity=1)
    lie_at(shirt)
    fill([shirt.pk])
    assert held_at(order) == {"shop"}


def test_what_was_brought_to_our_shop_is_not_called_a_couriers(client: Client) -> None:
    shipment = brought()
    assert "Bring this page or the order number. We keep it for 14 days." in page(client, shipment.order)
    text = " ".join(OutgoingMail.objects.get(subject__contains="ready to collect").text.split())
    assert "waits for you at Shop. Bring this mail or the order number; we keep it for 14 days." in text


def test_what_nobody_fetches_of_it_is_told_and_shown_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    shipment, later = brought(), clock.now() + timedelta(days=15)
    assert tell_uncollected() == 0
    monkeypatch.setattr(clock, "now", lambda: later)
    assert tell_uncollected() == 1
    assert Alert.objects.get(key=f"parcel-trouble:{shipment.number}").title.endswith("nobody fetches it")
    note(shipment.pk, Kind.RETURNED, words="", actor=None)
    assert "Not collected" in page(client, shipment.order)


def test_what_waits_at_a_couriers_own_counter_is_no_alert_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    shipment, later = make_packed(carrier=""), clock.now() + timedelta(days=15)
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(Kind.READY))
    monkeypatch.setattr(clock, "now", lambda: later)
    shipment.refresh_from_db()
    assert shipment.state == Shipment.State.READY
    assert tell_uncollected() == 0
