"""A message that was given up is tried again by those who may sync a payment."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.adapters.payments import ProviderUnavailable
from shop.alerts.models import Alert
from shop.checkout.messages import work_on
from shop.checkout.paying import start_payment
from shop.checkout.tests.conftest import fake
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place, states
from shop.core import clock
from shop.orders.models import Order
from shop.payments.models import ProviderEvent

__all__ = ["fake"]
pytestmark = pytest.mark.django_db
PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}


def given_up(fake: FakeProvider) -> tuple[Order, ProviderEvent]:
    """A message about a paid page that could not be worked on for days, with its alert."""
    order = place()
    start_payment(attempt_of(order).pk)
    fake.says(attempt_of(order), **PAID)
    page = {"id": attempt_of(order).session_id, "metadata": {"attempt": str(attempt_of(order).pk)}}
    row = ProviderEvent.objects.create(
        provider="stripe",
        event_id="evt_1",
        type="checkout.session.completed",
        payload={"data": {"object": page}},
        received_at=clock.now() - timedelta(days=4),
    )
    fake.errors = [ProviderUnavailable("timed out")]
    work_on(row)
    assert (ProviderEvent.objects.set_aside().get(), Alert.objects.open().count()) == (row, 1)
    return order, row


def press(client: Client, row: ProviderEvent) -> Any:
    data = {"action": "again", "_selected_action": [row.pk]}
    return client.post(reverse("admin:shop_providerevent_changelist"), data, follow=True)


@pytest.mark.parametrize("role", ["owner", "customer care"])
def test_a_press_works_on_it_and_closes_the_alert_and_twice_is_once(fake: FakeProvider, role: str) -> None:
    order, row = given_up(fake)
    client = signed_in(make_staff(role))
    assert "was worked on" in press(client, row).content.decode()
    assert "None of these was given up" in press(client, row).content.decode()
    assert (states(order), Alert.objects.open().count()) == (("paid", "paid"), 0)
    assert not ProviderEvent.objects.set_aside().exists()


def test_what_fails_again_is_said_and_stays_given_up(fake: FakeProvider) -> None:
    order, row = given_up(fake)
    fake.errors = [ProviderUnavailable("still <away>")]
    assert "failed again: still &lt;away&gt;" in press(signed_in(make_staff("owner")), row).content.decode()
    assert (states(order), Alert.objects.open().count()) == (("open", "pending"), 1)
    assert ProviderEvent.objects.set_aside().get().last_error == "still <away>"


@pytest.mark.parametrize("role", ["warehouse", "marketing"])
def test_other_roles_cannot(fake: FakeProvider, role: str) -> None:
    order, row = given_up(fake)
    assert press(signed_in(make_staff(role)), row).status_code == 403
    assert (states(order), ProviderEvent.objects.set_aside().count()) == (("open", "pending"), 1)
