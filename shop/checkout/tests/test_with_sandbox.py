"""The whole way of the money over HTTP: shop, the real stripe client, sandbox, signed webhooks back into the shop."""

from typing import Any

import pytest
from django.test import Client

from sandbox.models import Delivery, Event, Session, Weather
from sandbox.stripe import announce, paying
from shop.adapters.payments import ProviderRefused, provider
from shop.checkout import paying as shop_paying
from shop.checkout.paying import start_payment
from shop.checkout.reconcile import check, close_page, expire_unpaid
from shop.checkout.tests.paying_builders import attempt_of, place, states
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, ProviderEvent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop_site")]
CARD = {"card_number": "4242 4242 4242 4242", "expiry": "12/40", "cvc": "123"}


def started() -> tuple[Order, str]:
    """A placed order and the path of its payment page."""
    order = place()
    url = start_payment(attempt_of(order).pk)
    assert "/sandbox/stripe/pay/cs_test_sandbox_" in url
    return order, url[url.index("/sandbox") :]


def press_pay(page: str) -> Any:
    return Client().post(page, CARD)


def told() -> list[str]:
    names = ["OrderPaid", "OrderCancelled"]
    return list(OutboxEvent.objects.filter(name__in=names).values_list("name", flat=True))


def test_a_card_pays_the_order_by_webhook_alone() -> None:
    order, page = started()
    response = press_pay(page)
    assert response["Location"].endswith(f"/checkout/return/?attempt={attempt_of(order).pk}&key={order.key}")
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])
    assert {delivery.answer for delivery in Delivery.objects.all()} == {"200"}
    assert ProviderEvent.objects.filter(processed_at=None).count() == 0


def test_lost_webhooks_are_made_up_for_by_the_reconciler() -> None:
    Weather.objects.create(pk=1, lose_next=100)
    order, page = started()
    press_pay(page)
    assert states(order) == ("open", "pending")
    check(attempt_of(order))
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])


def test_every_webhook_twice_and_backwards_changes_nothing_more() -> None:
    order, page = started()
    press_pay(page)
    for event in Event.objects.order_by("-created"):
        announce.send(event)
        announce.send(event)
    announce.deliver_due()
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])
    assert ProviderEvent.objects.get(type="checkout.session.completed").deliveries == 3


def test_a_crash_before_the_record_is_replayed_into_the_same_page(monkeypatch: pytest.MonkeyPatch) -> None:
    order = place()
    with monkeypatch.context() as patch:

        def crash(*_: object) -> None:
            raise RuntimeError("power cut")

        patch.setattr(shop_paying, "record", crash)
        with pytest.raises(RuntimeError):
            start_payment(attempt_of(order).pk)
    made = Session.objects.get()
    assert states(order) == ("created", "pending")
    assert made.pk in start_payment(attempt_of(order).pk)
    assert Session.objects.count() == 1


def test_a_page_that_was_never_recorded_can_still_be_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    order = place()
    attempt = attempt_of(order)
    session = provider("stripe").create_session(attempt.params, idempotency_key=f"{attempt.pk}:session")
    press_pay(f"/sandbox/stripe/pay/{session.session_id}/")
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])


@pytest.mark.parametrize(("succeeds", "after"), [(True, ("paid", "paid")), (False, ("failed", "pending"))])
def test_a_bank_debit_waits_for_its_bank(succeeds: bool, after: tuple[str, str]) -> None:
    order, page = started()
    Client().post(page, {"debit": "1"})
    assert states(order) == ("processing", "processing")
    paying.settle(attempt_of(order).session_id, succeeds=succeeds)
    announce.deliver_due()
    assert states(order) == after


def test_an_expired_page_cancels_by_webhook() -> None:
    order, _ = started()
    paying.expire_now(attempt_of(order).session_id)
    announce.deliver_due()
    assert (states(order), told()) == (("expired", "cancelled"), ["OrderCancelled"])


def test_a_hold_that_is_over_finds_the_payment_made_meanwhile() -> None:
    Weather.objects.create(pk=1, lose_next=100)
    order, page = started()
    press_pay(page)
    Order.objects.update(hold_until="2026-01-01T00:00Z")
    assert expire_unpaid() == 0
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])


def test_a_closed_page_takes_no_payment() -> None:
    order, page = started()
    close_page(attempt_of(order))
    response = press_pay(page)
    assert response["Location"] == page
    with pytest.raises(ProviderRefused):
        provider("stripe").expire_session(attempt_of(order).session_id)


def test_another_total_than_the_orders_is_reviewed() -> None:
    order, page = started()
    PaymentAttempt.objects.update(amount=1)
    press_pay(page)
    assert (states(order), told()) == (("review", "review"), [])
