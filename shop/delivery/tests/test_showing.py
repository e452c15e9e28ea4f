"""What a buyer reads of a parcel on the order's page, in each of its states."""

import re

import pytest
from django.test import Client

from shop.delivery.models import ShippingMethod
from shop.delivery.parcels import News, dispatch, make_ready, note, record
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.tests.builders import make_packed
from shop.delivery.troubles import settle
from shop.orders.models import Order

pytestmark = pytest.mark.django_db
Kind = TrackingEvent.Kind


def page(client: Client, order: Order) -> str:
    html = client.get(order.get_absolute_url()).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def sent(kind: TrackingEvent.Kind) -> Shipment:
    shipment = make_packed(carrier="")
    dispatch(shipment.pk, actor=None)
    record(shipment.pk, News(kind, place="Corner Shop"))
    shipment.refresh_from_db()
    return shipment


@pytest.mark.parametrize(
    ("kind", "step", "words"),
    [
        (Kind.OUT, "Corner Shop", "Out for delivery"),
        (Kind.READY, "Corner Shop", "At Corner Shop. Bring the tracking number;"),
        (Kind.FAILED, "Could not be handed over", "They usually try again on the next working day."),
        (Kind.LOST, "Lost", "That is ours to put right:"),
        (Kind.RETURNED, "Came back to us", "Write to us where it should go,"),
    ],
)
def test_the_page_says_how_a_parcel_is_and_what_comes_next(
    client: Client, kind: TrackingEvent.Kind, step: str, words: str
) -> None:
    text = page(client, sent(kind).order)
    assert re.search(rf"On its way \w+ \d+ \w+, \d\d:\d\d\. {step} ", text)
    assert words in text


@pytest.mark.parametrize(
    ("remedy", "words"), [("sent-again", "We are sending it to you again."), ("refunded", "You have your money back")]
)
def test_what_is_settled_is_told_in_place_of_what_comes_next(client: Client, remedy: str, words: str) -> None:
    shipment = sent(Kind.LOST)
    settle(shipment.order, shipment, Shipment.Remedy(remedy))
    text = page(client, shipment.order)
    assert words in text and "ours to put right" not in text


def test_nothing_is_promised_of_a_parcel_that_is_lost(client: Client) -> None:
    shipment = sent(Kind.OUT)
    Order.objects.update(delivery_from="2099-11-25", delivery_until="2099-11-27")
    assert "Expected Wed 25 to Fri 27 November" in page(client, shipment.order)
    record(shipment.pk, News(Kind.LOST))
    assert "Expected" not in page(client, shipment.order)


def test_what_is_fetched_is_told_with_where_and_is_not_on_its_way(client: Client) -> None:
    shipment = make_packed(carrier="")
    shipment.location.address, shipment.location.opening_hours = "1 Sample Yard\nLondon", "Monday to Friday"
    shipment.location.save()
    ShippingMethod.objects.filter(code=shipment.order.shipping_method).update(collect_at=shipment.location)
    assert "Ready to collect To come" in page(client, shipment.order)
    make_ready(shipment.pk, actor=None)
    Order.objects.update(delivery_from="2099-11-25", delivery_until="2099-11-27")
    text = page(client, shipment.order)
    assert "1 Sample Yard London Monday to Friday" in text and "Collected To come" in text
    assert "Bring this page or the order number." in text
    assert "On its way" not in text and "Delivering to" not in text
    note(shipment.pk, Kind.RETURNED, words="", actor=None)
    assert "Not collected" in page(client, shipment.order)
