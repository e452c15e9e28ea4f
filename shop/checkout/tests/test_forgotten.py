"""Money that was asked for and of which nobody knows: a person has it ended where nothing speaks against."""

import pytest

from shop.adapters.payments import PageGone, ProviderUnavailable
from shop.alerts.models import Alert
from shop.checkout.forgotten import GIVEN_UP, NotClear, doubted, end_forgotten
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakePayPal, attempt_of, states
from shop.checkout.tests.test_capturing import approved
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.tests.builders import make_user
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db


def in_doubt(paypal: FakePayPal) -> tuple[Order, PaymentAttempt]:
    """The money was asked for without an answer, and now PayPal does not know the page."""
    order, attempt = approved(paypal)
    paypal.errors = [None, ProviderUnavailable("timed out"), PageGone("404")]
    for error in (ProviderUnavailable, PageGone):
        with pytest.raises(error):
            sync(attempt.pk)
    assert doubted(order) == [attempt_of(order)]
    return order, attempt_of(order)


def open_alerts() -> int:
    return Alert.objects.open().count()


def test_where_the_provider_knows_nothing_the_payment_ends_and_its_stock_is_free(paypal: FakePayPal) -> None:
    order, attempt = in_doubt(paypal)
    actor = make_user("care@example.org", is_staff=True)
    paypal.errors = [PageGone("404")]
    assert end_forgotten(attempt=attempt, actor=actor).last_error == GIVEN_UP
    assert (states(order), StockLevel.objects.get().reserved, open_alerts()) == (("failed", "cancelled"), 0, 0)
    alert = Alert.objects.get()
    change = order.state_changes.last()
    assert change and (alert.closed_by, change.actor, change.reason) == (actor, actor, GIVEN_UP)
    with pytest.raises(NotClear, match="is failed, so there is nothing to end"):
        end_forgotten(attempt=attempt_of(order), actor=actor)


def test_an_answer_that_comes_after_all_counts(paypal: FakePayPal) -> None:
    order, attempt = in_doubt(paypal)
    end_forgotten(attempt=attempt, actor=None)
    assert (states(order), open_alerts(), doubted(order)) == (("paid", "paid"), 0, [])


def test_without_a_clear_answer_nothing_changes(paypal: FakePayPal) -> None:
    order, attempt = in_doubt(paypal)
    paypal.errors = [ProviderUnavailable("timed out")]
    with pytest.raises(NotClear, match="no clear answer, so the payment stays as it is: timed out"):
        end_forgotten(attempt=attempt, actor=None)
    assert (states(order), StockLevel.objects.get().reserved, open_alerts()) == (("open", "pending"), 2, 1)


@pytest.mark.parametrize("kind", ["PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.PENDING"])
def test_a_message_that_named_a_payment_speaks_against_ending_it(paypal: FakePayPal, kind: str) -> None:
    order, attempt = in_doubt(paypal)
    ProviderEvent.objects.create(provider="paypal", event_id="WH1", type=kind, payload={}, attempt=attempt)
    paypal.errors = [PageGone("404")]
    with pytest.raises(NotClear, match="has named a payment"):
        end_forgotten(attempt=attempt, actor=None)
    assert (states(order), open_alerts()) == (("open", "pending"), 1)


def test_a_payment_the_provider_has_named_is_not_ended(paypal: FakePayPal) -> None:
    order, attempt = in_doubt(paypal)
    PaymentAttempt.objects.update(intent_id="CAPTURE-1")
    paypal.errors = [PageGone("404")]
    with pytest.raises(NotClear, match="has named a payment \\(CAPTURE-1\\)"):
        end_forgotten(attempt=attempt, actor=None)
    assert (states(order), open_alerts()) == (("open", "pending"), 1)


def test_a_payment_whose_money_was_never_asked_for_is_left_alone(paypal: FakePayPal) -> None:
    order, attempt = approved(paypal)
    with pytest.raises(NotClear, match="nothing to end"):
        end_forgotten(attempt=attempt, actor=None)
    assert (states(order), doubted(order)) == (("open", "pending"), [])
