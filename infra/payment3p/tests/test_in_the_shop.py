"""The worker and the real shop: an event has one effect, however often and by whatever way it comes."""

import json

import pytest
from pytest_django import Settings

from infra.payment3p.tests.conftest import SECRET, envelope, failed, row
from infra.payment3p.worker import handler as worker
from sandbox.models import Event, Weather
from sandbox.stripe import announce
from sandbox.stripe.shapes import event_json
from shop.checkout.paying import start_payment
from shop.checkout.tests.paying_builders import attempt_of, place, states
from shop.checkout.tests.test_with_sandbox import told
from shop.orders.models import Order
from shop.payments.models import ProviderEvent

pytestmark = pytest.mark.django_db(transaction=True)


def messages() -> list[str]:
    """What the provider announced, as the bus brings it, oldest first."""
    return [json.dumps(envelope(event_json(event))) for event in Event.objects.order_by("created")]


def deliveries() -> set[int]:
    return set(ProviderEvent.objects.values_list("deliveries", flat=True))


def test_a_doubled_event_pays_the_order_once(order: Order, table: str) -> None:
    all_of_them = messages()
    assert failed(*all_of_them, *all_of_them) == []
    assert failed(*reversed(all_of_them)) == []
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])
    assert (ProviderEvent.objects.count(), deliveries()) == (len(all_of_them), {1})
    assert {row(table, event.pk)["state"] for event in Event.objects.all()} == {"delivered"}


def test_told_twice_because_the_function_ended_too_early_is_one_effect(
    order: Order, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(worker, "mark_delivered", lambda event_id: 1 / 0)
        assert len(failed(*messages())) == len(messages())
    assert failed(*messages()) == []
    assert (states(order), told(), deliveries()) == (("paid", "paid"), ["OrderPaid"], {2})


def test_the_providers_webhook_beside_it_does_no_harm(order: Order) -> None:
    assert failed(*messages()) == []
    Weather.objects.update(lose_next=0)
    for event in Event.objects.all():
        announce.send(event)
    announce.deliver_due()
    assert (states(order), told(), deliveries()) == (("paid", "paid"), ["OrderPaid"], {2})


def test_under_a_foreign_secret_nothing_is_believed_and_nothing_lost(order: Order, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = "whsec_another"
    assert len(failed(*messages())) == len(messages())
    assert (states(order), ProviderEvent.objects.count()) == (("open", "pending"), 0)
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    assert failed(*messages()) == []
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])


def test_a_made_up_event_pays_nothing(
    shop_site: str, table: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    monkeypatch.setenv("WEBHOOK_URL", settings.SANDBOX_WEBHOOK_URL)
    placed = place()
    start_payment(attempt_of(placed).pk)
    session = {"id": attempt_of(placed).session_id, "metadata": {"attempt": str(attempt_of(placed).pk)}}
    paid = {"object": "checkout.session", "status": "complete", "payment_status": "paid", **session}
    forged = {"id": "evt_forged", "object": "event", "type": "checkout.session.completed", "data": {"object": paid}}
    assert failed(json.dumps(envelope(forged))) == []
    assert (states(placed), told()) == (("open", "pending"), [])
