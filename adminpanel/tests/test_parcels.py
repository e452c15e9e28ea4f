"""Parcels in the staff site: labels and hand-over in bulk, one parcel's steps."""

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.delivery.shipment_models import Shipment, ShipmentLabel
from shop.delivery.tests.builders import make_packed
from shop.delivery.tests.conftest import courier  # noqa: F401 - a fixture
from shop.warehouse.models import StockLevel

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
    assert "Hand over 2 parcels?" in page and f"{bare.number} has no label yet." in page
    assert set(Shipment.objects.values_list("state", flat=True)) == {"packed"}
    page = bulk(staff, "hand_over", ready, bare, confirmed="yes")
    assert "1 parcel handed over." in page
    assert dict(Shipment.objects.values_list("pk", "state")) == {ready.pk: "dispatched", bare.pk: "packed"}
    assert "0 parcels handed over." in bulk(staff, "hand_over", ready, bare, confirmed="yes")
    assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 19


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


def test_the_list_takes_few_queries(staff: Client, django_assert_max_num_queries: object) -> None:
    for _ in range(6):
        make_packed()
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert staff.get(LIST).status_code == 200
