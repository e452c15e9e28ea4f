"""What providers were told and told about people: kept while it may be needed, and no longer."""

from datetime import timedelta

import pytest

from shop.adapters.payments import WebhookEvent
from shop.core import clock
from shop.payments.forgetting import forget_old_messages
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.payments.services import store_event
from shop.tests.builders import make_order, make_variant

pytestmark = pytest.mark.django_db
State = PaymentAttempt.State
SAM = {"customer_email": "sam@example.com"}


def ago(days: int) -> object:
    return clock.now() - timedelta(days=days)


def attempt(state: str, days: int) -> PaymentAttempt:
    made = PaymentAttempt.objects.create(
        order=make_order(make_variant()), provider="stripe", state=state, amount=100, currency="GBP",
        params=SAM, session_id="cs_1", expires_at=clock.now(),
    )  # fmt: skip
    PaymentAttempt.objects.filter(pk=made.pk).update(updated_at=ago(days))
    return made


@pytest.mark.parametrize("state", [State.PAID, State.FAILED, State.EXPIRED, State.REVIEW])
def test_what_was_sent_for_a_payment_that_is_over_is_forgotten_after_90_days(state: str) -> None:
    old, young = attempt(state, 91), attempt(state, 89)
    assert (forget_old_messages(), forget_old_messages()) == (1, 0)
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.params, old.state, old.amount, old.session_id) == ({}, state, 100, "cs_1")
    assert young.params == SAM


@pytest.mark.parametrize("state", PaymentAttempt.LIVE)
def test_what_may_have_to_be_sent_again_stays(state: str) -> None:
    live = attempt(state, 400)
    assert forget_old_messages() == 0
    live.refresh_from_db()
    assert live.params == SAM


def test_a_message_that_was_worked_on_keeps_its_id_alone_so_that_a_repeat_is_known() -> None:
    told = WebhookEvent("evt_1", "checkout.session.completed", {"data": {"object": SAM}}, "cs_1", "")
    row = store_event("stripe", told)
    ProviderEvent.objects.update(processed_at=ago(91))
    assert (forget_old_messages(), forget_old_messages()) == (1, 0)
    assert store_event("stripe", told).pk == row.pk
    row.refresh_from_db()
    assert (row.payload, row.event_id, row.type, row.deliveries) == ({}, "evt_1", "checkout.session.completed", 2)


@pytest.mark.parametrize("fields", [{"processed_at": 89}, {"received_at": 400}, {"set_aside_at": 400}], ids=str)
def test_a_young_message_and_one_that_waits_for_somebody_stay(fields: dict[str, int]) -> None:
    ProviderEvent.objects.create(
        provider="stripe", event_id="evt_1", type="refund.failed", payload=SAM,
        **{name: ago(days) for name, days in fields.items()},
    )  # fmt: skip
    assert forget_old_messages() == 0
    assert ProviderEvent.objects.get().payload == SAM
