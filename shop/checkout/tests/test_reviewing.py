"""A person decides about money that does not match: once, wholly, and only where it can be."""

import pytest

from shop.alerts.models import Alert
from shop.checkout.paying import start_payment
from shop.checkout.reviewing import (
    NotAcceptable,
    NotReturnable,
    accept_as_paid,
    choices_for,
    give_back,
    refund_and_cancel,
)
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, pay, place, states
from shop.core import clock
from shop.core.money import Money
from shop.events.models import OutboxEvent
from shop.marketing.models import Promotion, Redemption
from shop.orders import holds
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.payments.models import PaymentAttempt, Refund
from shop.refunds.services import NotCancellable
from shop.tests.builders import make_promotion, make_user, make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel

pytestmark = pytest.mark.django_db
PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}


def in_review(fake: FakeProvider, difference: int = 0, currency: str = "GBP") -> Order:
    """An order (quantity 2 of stock 10) for which so much more than its total was taken."""
    order = place(make_variant(price=7800, stock=10))
    start_payment(attempt_of(order).pk)
    fake.says(attempt_of(order), **PAID, amount_total=order.grand_total + difference, currency=currency)
    sync(attempt_of(order).pk)
    order.refresh_from_db()
    assert states(order) == ("review", "review")
    return order


def facts(order: Order) -> tuple[object, ...]:
    level = StockLevel.objects.get(variant__order_lines__order=order)
    held = list(Reservation.objects.held().values_list("quantity", "expires_at"))
    told = sorted(OutboxEvent.objects.filter(name__startswith="Order").values_list("name", flat=True))
    counts = (Refund.objects.count(), order.state_changes.count(), Alert.objects.open().count())
    return states(order), level.reserved, held, told, counts


def test_more_than_the_total_is_accepted_without_a_reason(fake: FakeProvider) -> None:
    order, actor = in_review(fake, 500), make_user("care@example.org", is_staff=True)
    accept_as_paid(order=order, actor=actor, note="")
    assert facts(order) == (("review", "paid"), 2, [(2, None)], ["OrderPaid"], (0, 3, 0))
    change = order.state_changes.last()
    assert change and (change.reason, change.actor) == ("accepted with £164.95 by staff", actor)
    with pytest.raises(NotAcceptable, match="not in review any more"):
        accept_as_paid(order=order, actor=actor, note="")
    assert OutboxEvent.objects.filter(name="OrderPaid").count() == 1


def test_what_staff_accepted_is_nothing_that_the_sentinel_tells(fake: FakeProvider) -> None:
    order = in_review(fake, 500)
    assert list(Order.objects.overpaid(clock.now())) == [order]
    accept_as_paid(order=order, actor=None, note="")
    assert not Order.objects.overpaid(clock.now())


@pytest.mark.parametrize("note", ["", "  "])
def test_less_than_the_total_needs_a_reason(fake: FakeProvider, note: str) -> None:
    order = in_review(fake, -500)
    before = facts(order)
    with pytest.raises(NotAcceptable, match=r"Only £154.95 of £159.95 came"):
        accept_as_paid(order=order, actor=None, note=note)
    assert facts(order) == before
    accept_as_paid(order=order, actor=None, note=" agreed by phone ")
    change = order.state_changes.last()
    assert change and change.reason == "accepted with £154.95 by staff: agreed by phone"
    assert states(order) == ("review", "paid")


def test_another_currency_is_never_accepted_and_goes_back_in_that_currency(fake: FakeProvider) -> None:
    order = in_review(fake, 0, "EUR")
    before, choices = facts(order), choices_for(order)
    with pytest.raises(NotAcceptable, match="No money in GBP"):
        accept_as_paid(order=order, actor=None, note="it is fine")
    assert facts(order) == before
    assert choices and choices.taken == (Money(order.grand_total, "EUR"),)
    assert (choices.is_short, choices.refusal[:15]) == (True, "No money in GBP")
    (refund,) = refund_and_cancel(order=order, actor=None, note="")
    refund.refresh_from_db()
    assert (refund.state, refund.total) == ("succeeded", Money(order.grand_total, "EUR"))


@pytest.mark.parametrize("difference", [-500, 500])
def test_all_that_came_goes_back_and_the_order_is_cancelled_once(fake: FakeProvider, difference: int) -> None:
    order = in_review(fake, difference)
    refund_and_cancel(order=order, actor=None, note="wrong shop")
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.reason) == ("succeeded", order.grand_total + difference, "cancelled")
    assert facts(order) == (("review", "cancelled"), 0, [], ["OrderCancelled"], (1, 3, 0))
    change = order.state_changes.last()
    assert change and change.reason == "refunded and cancelled by staff: wrong shop"
    for decide in (refund_and_cancel, accept_as_paid):
        with pytest.raises((NotCancellable, NotAcceptable), match="not in review any more"):
            decide(order=order, actor=None, note="again")
    assert (Refund.objects.count(), attempt_of(order).refunded_amount) == (1, refund.amount)
    assert sum(call.startswith("refund ") for call in fake.calls) == 1
    assert not PaymentAttempt.objects.kept_in_vain().exists()


def test_money_kept_for_an_order_that_was_given_up_in_review_is_found(fake: FakeProvider) -> None:
    order = in_review(fake, 500)
    Order.objects.update(state="cancelled")
    assert PaymentAttempt.objects.kept_in_vain().get() == attempt_of(order)


def test_a_disputed_order_in_review_is_not_refunded_as_well(fake: FakeProvider) -> None:
    order = in_review(fake, 500)
    holds.place(order, OrderHold.Kind.DISPUTE, "dp_1", "fraudulent")
    before = facts(order)
    with pytest.raises(NotCancellable, match="disputed"):
        refund_and_cancel(order=order, actor=None, note="")
    assert facts(order) == before


def cancelled_then_paid(fake: FakeProvider) -> Order:
    """An order in review that was cancelled before, so that it holds nothing."""
    order = in_review(fake, 500)
    lines = [line.pk for line in order.lines.all()]
    warehouse.release(order_line_ids=lines, document=order.number, reason="test")
    return order


def test_pieces_given_back_before_are_held_again(fake: FakeProvider) -> None:
    order = cancelled_then_paid(fake)
    accept_as_paid(order=order, actor=None, note="")
    assert facts(order)[:3] == (("review", "paid"), 2, [(2, None)])


def test_what_was_sold_meanwhile_is_not_accepted(fake: FakeProvider) -> None:
    order = cancelled_then_paid(fake)
    StockLevel.objects.update(on_hand=1)
    before = facts(order)
    with pytest.raises(NotAcceptable, match="sold to somebody else"):
        accept_as_paid(order=order, actor=None, note="")
    assert facts(order) == before


def test_an_order_called_off_before_it_was_paid_is_not_accepted(fake: FakeProvider) -> None:
    order = in_review(fake, 500)
    Order.objects.update(cancelled_by_choice=True)
    before = facts(order)
    with pytest.raises(NotAcceptable, match="called off"):
        accept_as_paid(order=order, actor=None, note="but now")
    assert facts(order) == before


@pytest.mark.parametrize("state", ["pending", "paid", "cancelled"])
def test_other_states_are_refused(fake: FakeProvider, state: str) -> None:
    order = place()
    Order.objects.update(state=state)
    before = facts(order)
    for decide in (refund_and_cancel, accept_as_paid):
        with pytest.raises((NotCancellable, NotAcceptable), match="not in review"):
            decide(order=order, actor=None, note="x")
    assert (facts(order), choices_for(order)) == (before, None)


def test_a_voucher_is_used_again_by_accepting_and_given_back_by_cancelling(fake: FakeProvider) -> None:
    promotion = make_promotion(max_uses=1)
    kept, ended = in_review(fake, 500), in_review(fake, 500)
    use = Redemption(promotion=promotion, name="ten", code="TEN", customer="a@example.org", amount=1, currency="GBP")
    use.order, use.given_back_at = kept, clock.now()
    use.save()
    accept_as_paid(order=kept, actor=None, note="")
    assert (Redemption.objects.standing().get(), Promotion.objects.get().uses) == (use, 1)
    Redemption.objects.update(order=ended)
    refund_and_cancel(order=ended, actor=None, note="")
    assert (Redemption.objects.standing().count(), Promotion.objects.get().uses) == (0, 0)


def paid_again_in(fake: FakeProvider, currency: str, difference: int = 0) -> tuple[Order, PaymentAttempt]:
    """A paid order for which a second payment came, of so much more than its total."""
    order = place(make_variant(price=7800, stock=10))
    pay(fake, order)
    first = attempt_of(order)
    second = PaymentAttempt.objects.create(
        order=order,
        provider=first.provider,
        amount=order.grand_total,
        currency="GBP",
        expires_at=first.expires_at,
        params=first.params,
    )
    params = {**first.params, "metadata": {"attempt": str(second.pk)}}
    PaymentAttempt.objects.filter(pk=second.pk).update(params=params)
    start_payment(second.pk)
    fake.says(second, **PAID, amount_total=order.grand_total + difference, currency=currency)
    sync(second.pk)
    order.refresh_from_db()
    assert states(order, second.pk) == ("review", "paid")
    return order, PaymentAttempt.objects.get(pk=second.pk)


@pytest.mark.parametrize(("currency", "difference"), [("EUR", 0), ("GBP", -500), ("GBP", 500)])
def test_a_second_payment_that_does_not_match_goes_back_whole_and_the_order_stays_paid(
    fake: FakeProvider, currency: str, difference: int
) -> None:
    order, second = paid_again_in(fake, currency, difference)
    refund = give_back(attempt=second, actor=None)
    assert (refund.total, refund.state) == (Money(15995 + difference, currency), "succeeded")
    assert (states(order, second.pk), Alert.objects.open().count()) == (("review", "paid"), 0)
    with pytest.raises(NotReturnable, match="went back already"):
        give_back(attempt=second, actor=None)
    assert Refund.objects.count() == 1


def test_what_an_order_is_paid_by_is_not_given_back_so(fake: FakeProvider) -> None:
    order = in_review(fake, 500)
    with pytest.raises(NotReturnable, match="its order needs it"):
        give_back(attempt=attempt_of(order), actor=None)
    accept_as_paid(order=order, actor=None, note="")
    with pytest.raises(NotReturnable, match="its order needs it"):
        give_back(attempt=attempt_of(order), actor=None)
    assert (states(order), Refund.objects.count()) == (("review", "paid"), 0)


def test_what_stays_of_a_cancelled_order_is_given_back(fake: FakeProvider) -> None:
    order = in_review(fake, -500)
    fake.refund_status = "failed"
    refund_and_cancel(order=order, actor=None, note="")
    assert list(PaymentAttempt.objects.kept_in_vain()) == [attempt_of(order)]
    fake.refund_status = "succeeded"
    assert give_back(attempt=attempt_of(order), actor=None).amount == 15495
    assert not PaymentAttempt.objects.kept_in_vain()
