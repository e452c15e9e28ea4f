"""Refunds and what follows a payment over HTTP: shop, the real stripe client, sandbox, signed webhooks back."""

from typing import Any

import pytest
from django.test import Client

from sandbox.deliveries import deliver_due
from sandbox.models import Charge, Weather
from sandbox.models import Refund as SandboxRefund
from sandbox.stripe import trouble
from shop.checkout.paying import start_payment
from shop.checkout.reconcile import reconcile
from shop.checkout.tests.paying_builders import attempt_of, place
from shop.orders.models import Order
from shop.payments import refunds
from shop.payments.models import Dispute, PaymentAttempt, ProviderEvent, Refund
from shop.refunds.services import LineRefund, cancel_paid, request_refund
from shop.refunds.tests.builders import refunded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shop_site")]
CARD = {"card_number": "4242 4242 4242 4242", "expiry": "12/40", "cvc": "123"}


def paid() -> tuple[Order, str]:
    """A paid order and the id of its payment page."""
    order = place()
    url = start_payment(attempt_of(order).pk)
    Client().post(url[url.index("/sandbox") :], CARD)
    order.refresh_from_db()
    return order, attempt_of(order).session_id


def ask(order: Order, units: int = 1) -> Refund:
    lines = [LineRefund(order.lines.get().pk, units, restock=True)]
    return request_refund(order=order, lines=lines, reason=Refund.Reason.RETURNED, note="", actor=None)[0]


def given_back() -> int:
    return sum(Charge.objects.values_list("amount_refunded", flat=True))


def unfinished_events() -> int:
    return ProviderEvent.objects.filter(processed_at=None).count()


def test_a_refund_is_made_once_and_its_webhooks_add_nothing() -> None:
    order, _ = paid()
    refund = ask(order)
    assert refunds.send(refund.pk).state == "succeeded"
    deliver_due()
    assert (given_back(), refunded(order), Refund.objects.count(), unfinished_events()) == (7800, [7800], 1, 0)


def test_a_crash_before_the_record_is_replayed_into_the_same_refund(monkeypatch: pytest.MonkeyPatch) -> None:
    order, _ = paid()
    refund = ask(order)
    with monkeypatch.context() as patch:

        def power_cut(*_: object) -> Any:
            raise RuntimeError("power cut")

        patch.setattr(refunds, "record", power_cut)
        with pytest.raises(RuntimeError):
            refunds.send(refund.pk)
    assert (Refund.objects.get().state, given_back()) == ("requested", 7800)
    assert refunds.send(refund.pk).state == "succeeded"
    assert (given_back(), SandboxRefund.objects.count()) == (7800, 1)


def test_a_refund_whose_record_was_lost_is_recorded_by_its_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    order, _ = paid()
    refund = ask(order)
    refunds.ask(Refund.objects.select_related("attempt").get(pk=refund.pk))
    deliver_due()
    assert (Refund.objects.get().state, Refund.objects.get().pk, refunded(order)) == ("succeeded", refund.pk, [7800])


def test_a_refund_in_the_dashboard_lands_in_the_ledger() -> None:
    order, page = paid()
    trouble.refund_here(page)
    deliver_due()
    refund = Refund.objects.get()
    assert (refund.reason, refund.free_amount, refunded(order), unfinished_events()) == ("provider", 7998, [7998], 0)
    trouble.fail_refund(page)
    deliver_due()
    assert (Refund.objects.get().state, refunded(order), given_back()) == ("failed", [0], 0)


def test_lost_webhooks_of_dashboard_refunds_cannot_make_the_shop_pay_twice() -> None:
    order, page = paid()
    Weather.objects.update_or_create(pk=1, defaults={"lose_next": 100})
    trouble.refund_here(page)
    (refund,) = cancel_paid(order=order, actor=None, reason="x")
    assert refunds.send(refund.pk).state == "failed"
    assert (given_back(), refunded(order)) == (7998, [7998])
    assert list(Refund.objects.values_list("reason", "state").order_by("reason")) == [
        ("cancelled", "failed"),
        ("provider", "succeeded"),
    ]


def test_a_called_off_order_is_paid_back_by_the_reconciler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, _ = paid()
    cancel_paid(order=order, actor=None, reason="x")
    monkeypatch.setattr("shop.checkout.reconcile.SETTLING", refunds.KEY_LIVES * 0)
    assert reconcile().failures == []
    assert (given_back(), refunded(order), Refund.objects.get().state) == (15995, [15995], "succeeded")


@pytest.mark.parametrize(("won", "state", "held"), [(True, "won", 0), (False, "lost", 1)])
def test_a_dispute_from_its_beginning_to_its_end(won: bool, state: str, held: int) -> None:
    order, page = paid()
    trouble.open_dispute(page)
    deliver_due()
    assert (order.holds.standing().count(), Dispute.objects.get().withdrawn) == (1, 15995)
    trouble.close_dispute(page, won=won)
    deliver_due()
    assert (order.holds.standing().count(), Dispute.objects.get().state) == (held, state)
    assert (Refund.objects.count(), given_back(), unfinished_events()) == (0, 0, 0)


def test_a_review_and_a_warning_hold_the_order() -> None:
    order, page = paid()
    trouble.open_review(page)
    trouble.warn(page)
    deliver_due()
    assert set(order.holds.standing().values_list("kind", flat=True)) == {"review", "fraud-warning"}
    trouble.close_review(page)
    deliver_due()
    assert list(order.holds.standing().values_list("kind", "reason")) == [("fraud-warning", "made_with_stolen_card")]


def test_a_review_that_ends_in_a_refund_does_not_let_the_order_go() -> None:
    order, page = paid()
    trouble.open_review(page)
    trouble.close_review(page, "refunded_as_fraud")
    deliver_due()
    assert (order.holds.standing().count(), order.may_ship) == (1, False)


def test_a_disputed_payment_is_not_refunded_by_the_provider_either() -> None:
    order, page = paid()
    refund = ask(order)
    trouble.open_dispute(page)
    assert refunds.send(refund.pk).state == "failed"
    assert (given_back(), PaymentAttempt.objects.get().refunded_amount) == (0, 0)
