"""What the shop expects of every payment provider: one suite over the sandbox's halves and over real test accounts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils.module_loading import import_string

from shop.adapters.payments import (
    BadWebhook,
    PayLine,
    ProviderRefused,
    ProviderUnavailable,
    RefundRequest,
    SessionRequest,
    SessionState,
)
from shop.adapters.tests.conftest import Teller
from shop.core import clock

SHIRTS = (PayLine("Quarry <b>Shirt</b>", 7800, 2, "Sky, M"), PayLine("Delivery", 395))


def params_of(
    teller: Teller, attempt: UUID, currency: str = "GBP", lines: tuple[PayLine, ...] = SHIRTS
) -> dict[str, Any]:
    request = SessionRequest(
        attempt_id=attempt,
        reference="A7KM-29QX",
        currency=currency,
        lines=lines,
        email="ann@example.com",
        success_url="https://shop.example/checkout/return/?attempt=1",
        cancel_url="https://shop.example/cart/",
        expires_at=clock.now() + timedelta(minutes=45),
    )
    return teller.adapter.freeze(request)


def made(teller: Teller) -> SessionState:
    attempt = uuid4()
    return teller.adapter.create_session(params_of(teller, attempt), idempotency_key=f"{attempt}:session")


def paid(teller: Teller) -> SessionState:
    """A page that was paid on; skipped where nobody presses the provider's own buttons."""
    if teller.pay is None:
        pytest.skip("nobody pays on the provider's own page here")
    return teller.pay(made(teller).session_id)


def test_a_page_is_made_open_with_its_total_and_its_attempt(teller: Teller) -> None:
    attempt = uuid4()
    state = teller.adapter.create_session(params_of(teller, attempt), idempotency_key=f"{attempt}:session")
    assert (state.status, state.payment_status, state.intent_id) == ("open", "unpaid", "")
    assert (state.amount_total, state.currency, state.attempt_id) == (2 * 7800 + 395, "GBP", str(attempt))
    assert state.url.startswith("http")
    assert teller.adapter.retrieve_session(state.session_id) == state


def test_a_replayed_creation_finds_the_same_page(teller: Teller) -> None:
    attempt = uuid4()
    params, key = params_of(teller, attempt), f"{attempt}:session"
    first = teller.adapter.create_session(params, idempotency_key=key)
    assert teller.adapter.create_session(params, idempotency_key=key).session_id == first.session_id


def test_one_key_never_makes_two_pages(teller: Teller) -> None:
    key = f"{uuid4()}:session"
    first = teller.adapter.create_session(params_of(teller, uuid4()), idempotency_key=key)
    try:
        second = teller.adapter.create_session(params_of(teller, uuid4()), idempotency_key=key)
    except ProviderUnavailable:
        return
    assert second.session_id == first.session_id


def test_a_misspelt_parameter_is_refused(request: pytest.FixtureRequest, teller: Teller) -> None:
    if "[paypal]" in request.node.name:
        pytest.skip("PayPal itself lets unknown names pass")
    with pytest.raises(ProviderRefused):
        teller.adapter.create_session({**params_of(teller, uuid4()), "colour": "blue"}, idempotency_key=str(uuid4()))


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 1200), ("HUF", 120000), ("EUR", 1999)])
def test_amounts_survive_in_every_kind_of_currency(teller: Teller, currency: str, amount: int) -> None:
    params = params_of(teller, uuid4(), currency, (PayLine("Shirt", amount),))
    state = teller.adapter.create_session(params, idempotency_key=str(uuid4()))
    assert (state.amount_total, state.currency) == (amount, currency)


def test_a_page_nobody_made_is_refused(teller: Teller) -> None:
    with pytest.raises(ProviderRefused):
        teller.adapter.retrieve_session("cs_test_nobody")


def test_no_call_is_made_inside_a_transaction(teller: Teller) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        teller.adapter.retrieve_session("cs_test_any")


def test_nothing_can_be_captured_that_no_buyer_agreed_to(teller: Teller) -> None:
    state = made(teller)
    with pytest.raises(ProviderRefused):
        teller.adapter.capture(state.session_id, idempotency_key=f"{uuid4()}:capture")
    assert teller.adapter.retrieve_session(state.session_id).status == "open"


def test_a_paid_page_says_so_in_full(teller: Teller) -> None:
    state = paid(teller)
    assert (state.status, state.payment_status, state.intent_status) == ("complete", "paid", "succeeded")
    assert (state.amount_total, state.currency, state.url) == (15995, "GBP", "")
    assert state.intent_id != ""


def test_a_refund_is_made_once_for_its_key_and_keeps_our_name_of_it(teller: Teller) -> None:
    session = paid(teller)
    request = RefundRequest("our-refund", session.attempt_id, session.intent_id, 4000, "GBP")
    refund = teller.adapter.refund(request, idempotency_key="our-refund:refund")
    assert (refund.status, refund.amount, refund.currency) == ("succeeded", 4000, "GBP")
    assert (refund.intent_id, refund.reference) == (session.intent_id, "our-refund")
    assert teller.adapter.refund(request, idempotency_key="our-refund:refund") == refund
    assert teller.adapter.list_refunds(session.intent_id) == [refund]
    assert teller.adapter.retrieve_session(session.session_id).payment_status == "paid"


def test_refunds_stop_at_what_was_paid(teller: Teller) -> None:
    session = paid(teller)
    request = RefundRequest("a", session.attempt_id, session.intent_id, 15000, "GBP")
    teller.adapter.refund(request, idempotency_key="a:refund")
    for amount in (996, 15995):
        with pytest.raises(ProviderRefused):
            teller.adapter.refund(replace(request, amount=amount), idempotency_key=f"{amount}:refund")
    teller.adapter.refund(replace(request, amount=995), idempotency_key="b:refund")
    assert sorted(refund.amount for refund in teller.adapter.list_refunds(session.intent_id)) == [995, 15000]


def test_a_message_is_believed_only_as_it_was_sent(teller: Teller) -> None:
    session = paid(teller)
    from sandbox.deliveries import MESSAGES  # noqa: PLC0415
    from sandbox.models import Event  # noqa: PLC0415

    types = ("checkout.session.completed", "PAYMENT.CAPTURE.COMPLETED")
    event = Event.objects.get(type__in=types)
    _, body, headers = import_string(MESSAGES[teller.adapter.name])(event)
    read = teller.adapter.read_webhook(body, headers)
    assert (read.event_id, read.type) == (event.pk, event.type)
    assert (read.session_id, read.attempt_id) == (session.session_id, session.attempt_id)
    for forged in (body.replace(b"15995", b"00001"), body.replace(b"159.95", b"000.01"), body + b" {}"):
        if forged != body:
            with pytest.raises(BadWebhook):
                teller.adapter.read_webhook(forged, headers)


def test_a_dispute_is_listed_and_read_with_the_payment_it_is_about(teller: Teller) -> None:
    page, other = paid(teller), paid(teller)
    assert teller.adapter.list_disputes(page.intent_id) == []
    if teller.dispute is None:
        pytest.skip("nobody disputes a payment here")
    teller.dispute(page.session_id)
    (dispute_id,) = teller.adapter.list_disputes(page.intent_id)
    state = teller.adapter.retrieve_dispute(dispute_id)
    assert (state.dispute_id, state.intent_id, state.outcome) == (dispute_id, page.intent_id, "open")
    assert (state.amount, state.currency, state.withdrawn) == (page.amount_total, "GBP", page.amount_total)
    assert teller.adapter.list_disputes(other.intent_id) == []
    with pytest.raises(ProviderRefused):
        teller.adapter.retrieve_dispute("nobody")
