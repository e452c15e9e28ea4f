"""Carriers are asked about parcels that nobody heard of, the longest quiet first."""

from datetime import timedelta
from typing import Any

import pytest

from shop.adapters.carriers import CarrierError, Tracked
from shop.core import clock
from shop.delivery.parcels import News, dispatch, record
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.tests.builders import make_packed
from shop.delivery.tracking import ask_for_news

pytestmark = pytest.mark.django_db


class Asked:
    """A carrier that is asked, knows nothing of one parcel, and has handed over the others."""

    def __init__(self) -> None:
        self.references: list[str] = []

    def track(self, reference: str) -> list[Tracked]:
        self.references.append(reference)
        if reference == "lost":
            raise CarrierError("no such parcel")
        return [Tracked(f"{reference}-1", reference, "delivered", clock.now())]


def quiet(reference: str, carrier: str, hours: int) -> Shipment:
    shipment = make_packed(1, carrier=carrier)
    with clock.stopped(clock.now() - timedelta(hours=hours)):
        dispatch(shipment.pk, actor=None)
        record(shipment.pk, News(TrackingEvent.Kind.IN_TRANSIT))
    Shipment.objects.filter(pk=shipment.pk).update(carrier=carrier, carrier_reference=reference)
    return shipment


def test_a_carrier_that_is_gone_or_fails_keeps_no_other_parcel_from_being_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quiet("of-old", "pigeons", 90)
    quiet("lost", "courier", 80)
    arrived = quiet("mine", "courier", 70)
    quiet("heard", "courier", 1)
    asked: Any = Asked()
    monkeypatch.setattr("shop.delivery.tracking.carrier", lambda code: asked)
    assert ask_for_news() == 1
    assert asked.references == ["lost", "mine"]
    arrived.refresh_from_db()
    assert arrived.state == Shipment.State.DELIVERED
