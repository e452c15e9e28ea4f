"""Parcels in the staff site: labels and hand-over in bulk, one parcel's steps."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.core import clock
from shop.delivery.parcels import News, record
from shop.delivery.shipment_models import Shipment, ShipmentLabel, TrackingEvent
from shop.delivery.tests.builders import make_held_order, make_packed, pack
from shop.delivery.tests.conftest import courier  # noqa: F401 - a fixture
from shop.orders.models import Order
from shop.packing.tests.builders import close_with, make_task, scan_all
from shop.payments.models import Refund
from shop.warehouse.models import Reservation, StockLevel

pytestmark = pytest.mark.django_db
LIST = reverse("admin:shop_shipment_changelist")


def bulk(client: Client, action: str, *shipments: Shipment, **more: str) -> str:
    chosen = {"action": action, "_selected_action": [shipment.pk for shipment in shipments], **more}
    return client.post(LIST, chosen, follow=True).content.decode()


@pytest.fixture
def staff() -> Client:
    return signed_in(make_staff("warehouse"))


def test_handing_over_in_bulk_shows_first_and_does_then(staff: Client, courier: object) -> None:  # noqa: F811
    ready, bare = make_packed(), make_packed()
    ShipmentLabel.objects.create(shipment=ready, pdf=b"%PDF")
    page = bulk(staff, "hand_over", ready, bare)
    assert "Hand over these parcels?" in page and f"{bare.number} has no label yet." in page
    assert set(Shipment.objects.values_list("state", flat=True)) == {"packed"}
    page = bulk(staff, "hand_over", ready, bare, confirmed="yes")
    assert "1 parcel handed over." in page
    assert dict(Shipment.objects.values_list("pk", "state")) == {ready.pk: "dispatched", bare.pk: "packed"}
    assert "0 parcels handed over." in bulk(staff, "hand_over", ready, bare, confirmed="yes")
    assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 19


def test_labels_are_looked_at_before_the_carrier_is_asked(staff: Client, courier: object) -> None:  # noqa: F811
    bare, labelled = make_packed(), make_packed()
    ShipmentLabel.objects.create(shipment=labelled, pdf=b"%PDF")
    page = bulk(staff, "labels", bare, labelled)
    assert "Make labels?" in page and "Gets a label" in page and "It has one." in page
    assert ShipmentLabel.objects.count() == 1
    assert "1 label made." in bulk(staff, "labels", bare, labelled, confirmed="yes")
    assert ShipmentLabel.objects.filter(shipment=bare).exists()


def test_a_step_on_the_page_is_done_once_and_told(staff: Client, courier: object) -> None:  # noqa: F811
    shipment = make_packed()
    page = reverse("admin:shop_shipment_change", args=[shipment.pk])
    assert "Make the label" in staff.get(page).content.decode()
    assert "The label is there." in staff.post(page, {"do": "label"}, follow=True).content.decode()
    assert "is handed over." in staff.post(page, {"do": "hand-over"}, follow=True).content.decode()
    assert "had gone before" in staff.post(page, {"do": "hand-over"}, follow=True).content.decode()
    assert "Noted: could not be" in staff.post(page, {"do": "failed", "words": "Shut"}, follow=True).content.decode()
    shipment.refresh_from_db()
    assert (shipment.state, shipment.closed_note) == ("failed", "Shut")


def test_a_parcel_that_gets_no_label_goes_by_post_with_a_number_written_by_hand(staff: Client) -> None:
    shipment = make_packed()
    page = reverse("admin:shop_shipment_change", args=[shipment.pk])
    shown = staff.get(page).content.decode()
    assert "Send by post" in shown and "Give the label back" not in shown
    assert "has no label yet" in staff.post(page, {"do": "hand-over"}, follow=True).content.decode()
    shown = staff.post(page, {"do": "by-post"}, follow=True).content.decode()
    assert "It goes by post" in shown and "Write the tracking number" in shown
    assert "Make the label" not in shown and "Send by post" not in shown
    staff.post(page, {"do": "tracking", "words": "RM123"})
    assert "is handed over." in staff.post(page, {"do": "hand-over"}, follow=True).content.decode()
    assert "is handed over." in staff.post(page, {"do": "by-post"}, follow=True).content.decode()
    shipment.refresh_from_db()
    assert (shipment.state, shipment.carrier, shipment.tracking_number) == ("dispatched", "table", "RM123")


def test_a_parcel_with_a_label_or_one_being_made_stays_with_its_carrier(staff: Client) -> None:
    labelled, asked = make_packed(carrier="courier"), make_packed(label_asked_at=clock.now())
    ShipmentLabel.objects.create(shipment=labelled, pdf=b"%PDF")
    for shipment, words in ((labelled, "give that back first"), (asked, "is being asked for")):
        page = reverse("admin:shop_shipment_change", args=[shipment.pk])
        assert words in staff.post(page, {"do": "by-post"}, follow=True).content.decode()
        shipment.refresh_from_db()
        assert shipment.carrier == ""


@pytest.mark.parametrize("kind", ["lost", "returned"])
def test_a_parcel_in_trouble_is_settled_by_one_button_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.packing.undelivered.send_all", lambda refunds: None)
    owner = signed_in(make_staff("owner"))
    task = make_task()
    scan_all(task)
    shipment = close_with(task).shipment
    assert shipment is not None
    page = reverse("admin:shop_shipment_change", args=[shipment.pk])
    for step in ("hand-over", kind):
        owner.post(page, {"do": step, "words": "Not found"})
    shown = owner.get(page).content.decode()
    assert "Send the goods again" in shown and "Refund the goods" in shown
    for _ in range(2):
        assert "The refund is on its way." in owner.post(page, {"do": "refund"}, follow=True).content.decode()
    shown = owner.post(page, {"do": "again"}, follow=True).content.decode()
    assert f"{shipment.number} was refunded before." in shown
    assert "Send the goods again" not in shown and "Refund the goods" not in shown
    assert Refund.objects.count() == 1


def test_only_what_waits_in_the_house_is_opened_again(staff: Client) -> None:
    task = make_task()
    scan_all(task)
    waits = close_with(task).shipment
    assert waits is not None
    record(waits.pk, News(TrackingEvent.Kind.READY))
    brought = make_packed()
    for kind in (TrackingEvent.Kind.DISPATCHED, TrackingEvent.Kind.READY):
        record(brought.pk, News(kind))
    page = reverse("admin:shop_shipment_change", args=[brought.pk])
    assert "Open it again" not in staff.get(page).content.decode()
    page = reverse("admin:shop_shipment_change", args=[waits.pk])
    assert "Open it again" in staff.get(page).content.decode()
    assert "The parcel is opened" in staff.post(page, {"do": "unpack"}, follow=True).content.decode()
    waits.refresh_from_db()
    assert waits.state == "cancelled"


def test_the_pages_of_an_order_take_the_same_queries_however_many_parcels_it_has(staff: Client) -> None:
    few, many = order_in_parcels(2), order_in_parcels(6)
    for address in (lambda order: reverse("admin:shop_order_change", args=[order.pk]), Order.get_absolute_url):
        counts = []
        for order in (few, many):
            with CaptureQueriesContext(connection) as captured:
                assert staff.get(address(order)).status_code == 200
            counts.append(len(captured))
        assert counts[0] == counts[1]


def order_in_parcels(number: int) -> Order:
    """An order in so many parcels, each with two lines and some news."""
    order = make_held_order(*[1] * number * 2)
    holds = list(Reservation.objects.filter(order_line__order=order).order_by("pk").select_related("level"))
    for each in range(number):
        shipment = pack(order, holds[2 * each : 2 * each + 2])
        ShipmentLabel.objects.create(shipment=shipment, pdf=b"%PDF")
        for kind in (TrackingEvent.Kind.IN_TRANSIT, TrackingEvent.Kind.OUT, TrackingEvent.Kind.DELIVERED):
            record(shipment.pk, News(kind, place="Leeds", note="Left the depot"))
    return order


def test_the_list_takes_few_queries(staff: Client, django_assert_max_num_queries: object) -> None:
    for _ in range(6):
        make_packed()
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert staff.get(LIST).status_code == 200
