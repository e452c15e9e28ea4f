"""What the shop relies on, asked of whoever speaks Stripe's API: the sandbox always, Stripe itself with a key."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
import stripe
from pytest_django import Settings

from shop.adapters import payments_stripe
from shop.adapters.payments import (
    PayLine,
    ProviderRefused,
    ProviderUnavailable,
    RefundRequest,
    RefundState,
    SessionRequest,
)
from shop.adapters.tests.conftest import Account
from shop.core import clock


def params_of(account: Account, attempt: UUID | None = None, minutes: int = 45, **fields: Any) -> dict[str, Any]:
    request = SessionRequest(
        attempt_id=attempt or uuid4(),
        reference="A7KM-29QX",
        currency=fields.pop("currency", "GBP"),
        lines=fields.pop("lines", (PayLine("Quarry <b>Shirt</b>", 7800, 2, "Sky, M"), PayLine("Delivery", 395))),
        email="ann@example.com",
        success_url="https://shop.example/checkout/return/?attempt=1",
        cancel_url="https://shop.example/cart/",
        expires_at=clock.now() + timedelta(minutes=minutes),
    )
    return {**account.adapter.freeze(request), **fields}


def test_a_session_is_made_open_with_total_metadata_and_a_page(account: Account) -> None:
    attempt = uuid4()
    state = account.adapter.create_session(params_of(account, attempt), idempotency_key=f"{attempt}:session")
    assert (state.status, state.payment_status) == ("open", "unpaid")
    assert (state.amount_total, state.currency) == (2 * 7800 + 395, "GBP")
    assert (state.attempt_id, state.intent_id) == (str(attempt), "")
    assert state.url.startswith("http")
    assert account.adapter.retrieve_session(state.session_id) == state


def test_the_same_key_with_other_parameters_is_not_a_definite_no(account: Account) -> None:
    key = f"{uuid4()}:session"
    account.adapter.create_session(params_of(account), idempotency_key=key)
    with pytest.raises(ProviderUnavailable, match="idempotent"):
        account.adapter.create_session(params_of(account), idempotency_key=key)


def test_an_open_session_expires_once(account: Account) -> None:
    state = account.adapter.create_session(params_of(account), idempotency_key=str(uuid4()))
    expired = account.adapter.expire_session(state.session_id)
    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", "")
    with pytest.raises(ProviderRefused):
        account.adapter.expire_session(state.session_id)


@pytest.mark.parametrize("minutes", [29, 24 * 60 + 5])
def test_a_session_lives_between_half_an_hour_and_a_day(account: Account, minutes: int) -> None:
    with pytest.raises(ProviderRefused, match="expires_at"):
        account.adapter.create_session(params_of(account, minutes=minutes), idempotency_key=str(uuid4()))


def test_a_refusal_is_not_kept_under_its_key(account: Account) -> None:
    key = str(uuid4())
    with pytest.raises(ProviderRefused):
        account.adapter.create_session(params_of(account, minutes=1), idempotency_key=key)
    assert account.adapter.create_session(params_of(account), idempotency_key=key).status == "open"


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "blue"},
        {"payment_intent_data": {"metadta": {"attempt": "1"}}},
        {"line_items": [{"quantity": 0, "price_data": {"currency": "gbp", "product_data": {"name": "A"}}}]},
        {"line_items": []},
    ],
)
def test_what_stripe_does_not_know_is_refused(account: Account, wrong: dict[str, Any]) -> None:
    with pytest.raises(ProviderRefused):
        account.adapter.create_session(params_of(account, **wrong), idempotency_key=str(uuid4()))


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 1200), ("KWD", 12340), ("ISK", 900), ("EUR", 1999)])
def test_amounts_survive_in_every_kind_of_currency(account: Account, currency: str, amount: int) -> None:
    params = params_of(account, currency=currency, lines=(PayLine("Shirt", amount),))
    state = account.adapter.create_session(params, idempotency_key=str(uuid4()))
    assert (state.amount_total, state.currency) == (amount, currency)


def test_the_newest_sessions_are_listed_first(account: Account) -> None:
    made = [account.adapter.create_session(params_of(account), idempotency_key=str(uuid4())) for _ in range(2)]
    listed = [state.session_id for state in account.adapter.list_sessions(limit=2)]
    assert set(listed) == {state.session_id for state in made}


def test_sessions_and_messages_are_listed_from_a_moment_on(sandbox: Account) -> None:
    session, asked = paid(sandbox), clock.now()
    before, after = asked - timedelta(minutes=1), asked + timedelta(minutes=1)
    assert [state.session_id for state in sandbox.adapter.list_sessions(since=before)] == [session]
    assert sandbox.adapter.list_sessions(since=after) == []
    (event,) = sandbox.adapter.list_events(since=before)
    assert (event.type, event.session_id) == ("checkout.session.completed", session)
    assert event.payload["data"]["object"]["id"] == session
    assert sandbox.adapter.list_events(since=after) == []


def test_long_lists_are_read_page_by_page_up_to_the_limit(sandbox: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payments_stripe, "PAGE", 2)
    made = {paid(sandbox) for _ in range(5)}
    hour_ago = clock.now() - timedelta(hours=1)
    assert {state.session_id for state in sandbox.adapter.list_sessions(since=hour_ago)} == made
    assert len(sandbox.adapter.list_sessions(since=hour_ago, limit=3)) == 3
    assert len(sandbox.adapter.list_events(since=hour_ago, limit=4)) == 4


def test_an_unknown_address_is_a_404(account: Account) -> None:
    with pytest.raises(stripe.StripeError) as refused:
        account.client.raw_request("get", "/v1/teapots")
    assert refused.value.http_status == 404


# --- Only over the sandbox: nobody presses Pay on Stripe's own page here -------------------------------------------


def test_a_live_key_is_refused(sandbox: Account, settings: Settings) -> None:
    client = stripe.StripeClient("sk_live_x", base_addresses={"api": settings.STRIPE_API_BASE})
    with pytest.raises(stripe.AuthenticationError, match="live keys"):
        client.v1.checkout.sessions.list()
    with pytest.raises(stripe.AuthenticationError):
        stripe.StripeClient("nonsense", base_addresses={"api": settings.STRIPE_API_BASE}).v1.charges.list()


def paid(account: Account, card: str = "4242424242424242") -> str:
    """A session with one press of Pay; its id."""
    from sandbox.stripe import cards, paying  # noqa: PLC0415 - keeps the contract above free of the sandbox

    state = account.adapter.create_session(params_of(account), idempotency_key=str(uuid4()))
    paying.pay_by_card(state.session_id, cards.find(card))
    return state.session_id


def test_a_paid_session_names_its_intent_and_charge(sandbox: Account) -> None:
    state = sandbox.adapter.retrieve_session(paid(sandbox))
    assert (state.status, state.payment_status, state.intent_status) == ("complete", "paid", "succeeded")
    intent = sandbox.client.v1.payment_intents.retrieve(state.intent_id)
    assert (intent.amount_received, intent.metadata["attempt"]) == (15995, state.attempt_id)
    charges = sandbox.client.v1.charges.list(params={"payment_intent": state.intent_id}).data
    assert [(charge.status, charge.amount) for charge in charges] == [("succeeded", 15995)]
    items = sandbox.client.v1.checkout.sessions.line_items.list(state.session_id).data
    assert [(item.description, item.amount_total) for item in items] == [
        ("Quarry <b>Shirt</b>", 15600),
        ("Delivery", 395),
    ]


@pytest.mark.parametrize(
    ("card", "decline"),
    [
        ("4000000000000002", "generic_decline"),
        ("4000000000009995", "insufficient_funds"),
        ("4111111111111111", "test_mode_live_card"),
    ],
)
def test_a_declined_card_leaves_the_session_open(sandbox: Account, card: str, decline: str) -> None:
    state = sandbox.adapter.retrieve_session(paid(sandbox, card))
    assert (state.status, state.payment_status) == ("open", "unpaid")
    intent = sandbox.client.v1.payment_intents.retrieve(state.intent_id)
    assert intent.last_payment_error is not None
    assert (intent.status, intent.last_payment_error.decline_code) == ("requires_payment_method", decline)


def test_3d_secure_may_fail_first_and_pay_then(sandbox: Account) -> None:
    from sandbox.stripe import cards, paying  # noqa: PLC0415

    session = paid(sandbox, "4000000000003220")
    assert sandbox.adapter.retrieve_session(session).intent_status == "requires_action"
    paying.confirm(session, succeeds=False)
    assert sandbox.adapter.retrieve_session(session).status == "open"
    paying.pay_by_card(session, cards.find("4000000000003220"))
    paying.confirm(session, succeeds=True)
    assert sandbox.adapter.retrieve_session(session).payment_status == "paid"


@pytest.mark.parametrize(
    ("succeeds", "after"), [(True, ("paid", "succeeded")), (False, ("unpaid", "requires_payment_method"))]
)
def test_a_delayed_method_completes_unpaid_and_settles_later(
    sandbox: Account, succeeds: bool, after: tuple[str, str]
) -> None:
    from sandbox.stripe import paying  # noqa: PLC0415

    made = sandbox.adapter.create_session(params_of(sandbox), idempotency_key=str(uuid4()))
    paying.pay_by_debit(made.session_id)
    state = sandbox.adapter.retrieve_session(made.session_id)
    assert (state.status, state.payment_status, state.intent_status) == ("complete", "unpaid", "processing")
    paying.settle(made.session_id, succeeds=succeeds)
    state = sandbox.adapter.retrieve_session(made.session_id)
    assert (state.status, state.payment_status, state.intent_status) == ("complete", *after)


def test_refunds_stop_at_what_was_paid(sandbox: Account) -> None:
    intent = sandbox.adapter.retrieve_session(paid(sandbox)).intent_id
    refunds = sandbox.client.v1.refunds

    def refund(amount: int) -> stripe.Refund:
        params = cast("Any", {"payment_intent": intent, "amount": amount, "metadata": {"refund": "1"}})
        return refunds.create(params=params, options={"idempotency_key": f"{amount}"})

    first = refund(10000)
    assert (first.status, first.amount, refund(10000).id) == ("succeeded", 10000, first.id)
    for amount in (5996, 0, -1):
        with pytest.raises(stripe.InvalidRequestError):
            refund(amount)
    refund(5995)
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded"):
        refund(1)
    listed = refunds.list(params={"payment_intent": intent}).data
    assert sorted(entry.amount for entry in listed) == [5995, 10000]
    metadata = refunds.retrieve(first.id).metadata
    assert metadata is not None
    assert metadata.to_dict() == {"refund": "1"}


def test_a_refund_is_made_once_for_its_key_and_keeps_our_name_of_it(sandbox: Account) -> None:
    session = sandbox.adapter.retrieve_session(paid(sandbox))
    request = RefundRequest("our-refund", session.attempt_id, session.intent_id, 4000, "GBP")
    made = sandbox.adapter.refund(request, idempotency_key="our-refund:refund")
    assert made == RefundState(made.refund_id, "succeeded", 4000, "GBP", session.intent_id, "our-refund")
    assert sandbox.adapter.refund(request, idempotency_key="our-refund:refund") == made
    with pytest.raises(ProviderRefused, match="greater than"):
        sandbox.adapter.refund(replace(request, amount=12000), idempotency_key="another:refund")
    by_hand = sandbox.client.v1.refunds.create(params={"payment_intent": session.intent_id, "amount": 100})
    listed = sandbox.adapter.list_refunds(session.intent_id)
    assert {(found.refund_id, found.reference) for found in listed} == {
        (made.refund_id, "our-refund"),
        (by_hand.id, ""),
    }


def test_events_tell_what_happened_and_are_paged(sandbox: Account) -> None:
    session = paid(sandbox)
    events = sandbox.client.v1.events
    types = {event.type for event in events.list(params={"limit": 1}).auto_paging_iter()}
    assert types == {"charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"}
    done = events.list(params={"type": "checkout.session.completed"}).data[0]
    assert events.retrieve(done.id).data.object["id"] == session
    assert "sandbox" in done.id
    assert "sandbox" in session
