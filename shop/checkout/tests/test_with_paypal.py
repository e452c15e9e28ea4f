"""The whole way with the sandbox's PayPal over HTTP: agreeing, capturing, messages, and what goes wrong on it."""

import json

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from sandbox import deliveries
from sandbox.models import Delivery, Event, Session
from sandbox.paypal import paying
from sandbox.paypal.models import PayPalCapture, PayPalOrder
from shop.adapters.payments import provider
from shop.checkout import capturing
from shop.checkout.paying import start_payment
from shop.checkout.reconcile import check, expire_unpaid
from shop.checkout.retry import pay_again
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import attempt_of, place, power_cut, states
from shop.checkout.tests.paypal_builders import agree, lose_messages, message_of, send, started
from shop.events.models import OutboxEvent
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund
from shop.payments.refunds import send as send_refund
from shop.payments.services import lock_with_order
from shop.refunds.services import refund_whole_attempt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_token")]


def told() -> list[str]:
    names = ["OrderPaid", "OrderCancelled"]
    return list(OutboxEvent.objects.filter(name__in=names).values_list("name", flat=True))


def test_who_agrees_pays_by_the_message_alone() -> None:
    order, page = started()
    back = agree(page)["Location"]
    assert f"/checkout/return/?attempt={attempt_of(order).pk}&key={order.key}&token=SANDBOX" in back
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])
    deliveries.deliver_due()
    assert {delivery.answer for delivery in Delivery.objects.all()} == {"200"}
    assert ProviderEvent.objects.filter(processed_at=None).count() == 0
    assert [str(taken.value) for taken in PayPalCapture.objects.all()] == [str(order.total.decimal)]


def test_who_comes_back_before_any_message_pays_too() -> None:
    lose_messages()
    order, page = started()
    back = agree(page)["Location"]
    assert states(order) == ("open", "pending")
    assert Client().get(back[back.index("/checkout") :])["Location"] == order.get_absolute_url()
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])


@pytest.mark.parametrize("query", ["&token=SANDBOX1&PayerID=X", "&status=COMPLETED", "&cancelled=1"])
def test_the_way_back_alone_pays_nothing(query: str) -> None:
    order, _ = started()
    Client().get(f"/checkout/return/?attempt={attempt_of(order).pk}&key={order.key}{query}")
    assert (states(order), PayPalCapture.objects.count()) == (("open", "pending"), 0)


def test_lost_messages_are_made_up_for_by_the_reconciler() -> None:
    lose_messages()
    order, page = started()
    agree(page)
    check(attempt_of(order))
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])


def test_every_message_twice_and_backwards_changes_nothing_more() -> None:
    order, page = started()
    agree(page)
    for event in Event.objects.order_by("-created"):
        deliveries.send(event)
        deliveries.send(event)
    deliveries.deliver_due()
    assert (states(order), told(), PayPalCapture.objects.count()) == (("paid", "paid"), ["OrderPaid"], 1)


def test_a_crash_after_the_capture_takes_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_messages()
    order, page = started()
    agree(page)
    with power_cut(monkeypatch, capturing, "capture-before-record"):
        sync(attempt_of(order).pk)
    assert (states(order), PayPalCapture.objects.count()) == (("open", "pending"), 1)
    # The hold is over, and still the money that was taken decides.
    Order.objects.update(hold_until="2026-01-01T00:00Z")
    assert expire_unpaid() == 0
    assert (states(order), told(), PayPalCapture.objects.count()) == (("paid", "paid"), ["OrderPaid"], 1)


def test_a_declined_source_leaves_the_order_to_be_paid_by_card() -> None:
    order, page = started()
    back = agree(page, "declined")["Location"]
    assert states(order) == ("failed", "pending")
    assert Client().get(back[back.index("/checkout") :])["Location"].endswith("/?payment=declined")
    url = pay_again(order, "stripe")
    assert "/sandbox/stripe/pay/" in url
    assert [(attempt.provider, attempt.state) for attempt in PaymentAttempt.objects.order_by("created_at")] == [
        ("paypal", "failed"),
        ("stripe", "open"),
    ]


@pytest.mark.parametrize(("succeeds", "after"), [(True, ("paid", "paid")), (False, ("failed", "pending"))])
def test_an_echeck_waits_for_its_bank(succeeds: bool, after: tuple[str, str]) -> None:
    order, page = started()
    agree(page, "echeck")
    assert states(order) == ("processing", "processing")
    paying.settle(attempt_of(order).session_id, "http://sandbox/", succeeds=succeeds)
    deliveries.deliver_due()
    assert states(order) == after


def test_an_agreement_after_the_hold_takes_nothing() -> None:
    order, page = started()
    Order.objects.update(hold_until="2026-01-01T00:00Z")
    agree(page)
    assert (states(order), PayPalCapture.objects.count()) == (("open", "pending"), 0)
    assert expire_unpaid() == 1
    deliveries.deliver_due()
    assert (states(order), told()) == (("expired", "cancelled"), ["OrderCancelled"])
    assert PayPalCapture.objects.count() == 0


def test_another_total_than_the_orders_is_not_taken() -> None:
    order, page = started()
    PaymentAttempt.objects.update(amount=1)
    agree(page)
    assert (states(order), PayPalCapture.objects.count()) == (("failed", "pending"), 0)


def test_a_forgotten_order_is_cancelled_when_its_time_is_over() -> None:
    order, _ = started()
    paying.forget(attempt_of(order).session_id)
    Order.objects.update(hold_until="2026-01-01T00:00Z")
    assert expire_unpaid() == 1
    assert (states(order), told()) == (("expired", "cancelled"), ["OrderCancelled"])


def test_a_message_with_a_wrong_signature_is_refused_and_not_kept() -> None:
    lose_messages()
    order, page = started()
    agree(page)
    body, headers = message_of("CHECKOUT.ORDER.APPROVED")
    forged = {**headers, "PayPal-Transmission-Sig": "bm9ib2R5"}
    assert send(body, forged).status_code == 400
    assert send(body.replace(order.number.encode(), b"AAAA-AAAA"), headers).status_code == 400
    assert send(b"{}", headers).status_code == 400
    assert (states(order), ProviderEvent.objects.count()) == (("open", "pending"), 0)
    assert send(body, headers).status_code == 200
    assert states(order) == ("paid", "paid")


def test_a_message_that_cannot_be_verified_now_comes_again(settings: Settings) -> None:
    lose_messages()
    order, page = started()
    agree(page)
    body, headers = message_of("CHECKOUT.ORDER.APPROVED")
    settings.PAYPAL_API_BASE = "http://localhost:9/sandbox/paypal"
    assert send(body, headers).status_code == 500
    assert (states(order), ProviderEvent.objects.count()) == (("open", "pending"), 0)


def test_a_message_about_a_payment_that_is_not_ours_stays_open() -> None:
    order = PayPalOrder.objects.create(
        value=1,
        currency="GBP",
        unit={"custom_id": "nobody"},
        payer_id="X",
        return_url="http://x",
        cancel_url="http://x",
    )
    paying.approve(order.pk, "balance", "http://sandbox/")
    body, headers = message_of("CHECKOUT.ORDER.APPROVED")
    assert send(body, headers).status_code == 500
    row = ProviderEvent.objects.get()
    assert (row.processed_at, json.loads(body)["id"]) == (None, row.event_id)


def test_without_paypals_webhook_set_up_nobody_is_asked(settings: Settings) -> None:
    settings.PAYPAL_WEBHOOK_ID = ""
    assert send(b'{"id":"1","event_type":"A","resource":{}}', {}).status_code == 400


@pytest.mark.parametrize(("first", "then"), [("paypal", "stripe"), ("stripe", "paypal")])
def test_the_other_way_to_pay_leaves_one_payment_open(first: str, then: str) -> None:
    order = place(provider=first)
    start_payment(attempt_of(order).pk)
    assert f"/sandbox/{then}/" in pay_again(order, then)
    assert sorted(PaymentAttempt.objects.values_list("provider", "state")) == sorted(
        [(first, "expired"), (then, "open")]
    )
    if first == "stripe":
        assert Session.objects.get().status == "expired"


def test_an_agreement_left_behind_is_taken_before_another_page_is_opened() -> None:
    lose_messages()
    order, page = started()
    agree(page)
    with pytest.raises(Exception, match="not waiting for a payment"):
        pay_again(order, "stripe")
    assert (states(order), PaymentAttempt.objects.count()) == (("paid", "paid"), 1)


def test_a_page_turned_away_from_can_no_longer_be_paid_on() -> None:
    order, page = started()
    pay_again(order, "stripe")
    agree(page)
    assert (PayPalCapture.objects.count(), PaymentAttempt.objects.get(provider="paypal").state) == (0, "expired")


def test_a_provider_that_is_switched_off_is_still_asked_about_its_payments(settings: Settings) -> None:
    order, page = started()
    settings.PAYMENT_PROVIDERS = {"stripe": settings.PAYMENT_ADAPTERS["stripe"]}
    provider.cache_clear()
    agree(page)
    assert states(order) == ("paid", "paid")


def test_a_refund_made_at_paypal_itself_lands_in_the_ledger_once() -> None:
    order, page = started()
    agree(page)
    paying.refund_rest(attempt_of(order).session_id, "http://sandbox/")
    for event in Event.objects.filter(type="PAYMENT.CAPTURE.REFUNDED"):
        deliveries.send(event)
    deliveries.deliver_due()
    refunds = Refund.objects.values_list("attempt__order", "state", "reason", "amount")
    assert list(refunds) == [(order.pk, "succeeded", "provider", order.grand_total)]
    assert attempt_of(order).refunded_amount == order.grand_total
    assert ProviderEvent.objects.filter(processed_at=None).count() == 0


def test_a_refund_of_ours_is_sent_and_known_by_its_own_name() -> None:
    order, page = started()
    agree(page)
    attempt = attempt_of(order)
    with transaction.atomic():
        locked = lock_with_order(attempt.pk)
        refund = refund_whole_attempt(attempt=locked, reason=Refund.Reason.DUPLICATE)
    assert send_refund(refund.pk).state == Refund.State.SUCCEEDED
    deliveries.deliver_due()
    assert [made.pk for made in Refund.objects.all()] == [refund.pk]
