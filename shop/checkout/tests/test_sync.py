"""The state machine of money, row by row."""

import pytest

from shop.adapters.payments import ProviderRefused, ProviderUnavailable
from shop.alerts.models import Alert
from shop.checkout.paying import start_payment
from shop.checkout.sync import UnknownAttempt, sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place, states
from shop.events.models import OutboxEvent
from shop.orders import services as orders
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_variant
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel

pytestmark = pytest.mark.django_db

PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}


def started(quantity: int = 2, stock: int = 10) -> tuple[Order, PaymentAttempt]:
    order = place(make_variant(stock=stock), quantity=quantity)
    start_payment(attempt_of(order).pk)
    return order, attempt_of(order)


def alerts() -> list[tuple[str, int | None]]:
    """(kind, order) of each open alert."""
    return [(alert.key.partition(":")[0], alert.order_id) for alert in Alert.objects.open()]


def told() -> list[str]:
    names = ["OrderPaid", "OrderCancelled"]
    return list(OutboxEvent.objects.filter(name__in=names).order_by("created_at").values_list("name", flat=True))


def refunds(attempt: PaymentAttempt) -> list[tuple[str, str, int]]:
    return list(attempt.refunds.values_list("reason", "state", "amount"))


def reserved(order: Order) -> int:
    variants = order.lines.values_list("variant_id", flat=True)
    return StockLevel.objects.get(variant__in=variants).reserved


def test_an_open_page_leaves_everything_as_it_is(fake: FakeProvider) -> None:
    order, attempt = started()
    sync(attempt.pk)
    assert states(order) == ("open", "pending")
    assert (told(), reserved(order)) == ([], 2)


def test_a_paid_page_pays_the_order_settles_its_stock_and_tells_once(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    for _ in range(3):
        sync(attempt.pk)
    assert states(order) == ("paid", "paid")
    attempt.refresh_from_db()
    assert (attempt.captured_amount, attempt.intent_id, refunds(attempt)) == (order.grand_total, "pi_1", [])
    assert attempt.paid_at is not None
    assert (told(), reserved(order)) == (["OrderPaid"], 2)
    assert Reservation.objects.get(order_line__order=order).expires_at is None
    assert list(order.state_changes.values_list("to_state", flat=True)) == ["pending", "paid"]


@pytest.mark.parametrize("wrong", [{"amount_total": 1}, {"currency": "EUR"}])
def test_another_amount_or_currency_goes_to_review_and_pays_nothing(
    fake: FakeProvider, wrong: dict[str, object]
) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID, **wrong)
    sync(attempt.pk)
    assert states(order) == ("review", "review")
    assert alerts() == [("wrong-amount", order.pk)]
    assert (told(), reserved(order)) == ([], 2)


def test_money_after_a_cancellation_revives_the_order_when_its_stock_can_be_had(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, status="expired")
    sync(attempt.pk)
    assert (states(order), reserved(order)) == (("expired", "cancelled"), 0)
    fake.says(attempt, **PAID)
    sync(attempt.pk)
    assert (states(order), reserved(order)) == (("paid", "paid"), 2)
    assert told() == ["OrderCancelled", "OrderPaid"]
    assert refunds(attempt) == []


def test_money_after_a_cancellation_goes_back_when_the_stock_is_gone(fake: FakeProvider) -> None:
    order, attempt = started(quantity=2, stock=2)
    fake.says(attempt, status="expired")
    sync(attempt.pk)
    line = order.lines.get()
    other = place(line.variant, quantity=1)
    fake.says(attempt, **PAID)
    sync(attempt.pk)
    assert states(order) == ("paid", "cancelled")
    assert refunds(attempt) == [("late", "succeeded", order.grand_total)]
    assert alerts() == [("paid-too-late", order.pk)]
    assert (told(), reserved(other)) == (["OrderCancelled"], 1)


def test_money_after_somebody_called_the_order_off_goes_back_even_if_its_stock_could_be_had(fake: FakeProvider) -> None:
    order, attempt = started(quantity=2, stock=10)
    fake.says(attempt, status="expired")
    sync(attempt.pk)
    Order.objects.filter(pk=order.pk).update(cancelled_by_choice=True)
    fake.says(attempt, **PAID)
    sync(attempt.pk)
    assert (states(order), reserved(order)) == (("paid", "cancelled"), 0)
    assert (refunds(attempt), told()) == ([("late", "succeeded", order.grand_total)], ["OrderCancelled"])


def test_a_refund_that_cannot_be_sent_at_once_is_written_all_the_same(fake: FakeProvider) -> None:
    order, attempt = started()
    Order.objects.filter(pk=order.pk).update(state="paid")
    fake.says(attempt, **PAID)
    fake.errors = [None, ProviderUnavailable("timed out")]
    assert sync(attempt.pk).refunded_amount == order.grand_total
    assert refunds(attempt) == [("duplicate", "requested", order.grand_total)]


def test_a_second_payment_of_a_paid_order_goes_back(fake: FakeProvider) -> None:
    order, attempt = started()
    Order.objects.filter(pk=order.pk).update(state="paid")
    fake.says(attempt, **PAID)
    sync(attempt.pk)
    assert states(order) == ("paid", "paid")
    assert (refunds(attempt), told()) == ([("duplicate", "succeeded", order.grand_total)], [])
    attempt.refresh_from_db()
    assert attempt.refunded_amount == order.grand_total
    assert alerts() == [("paid-twice", order.pk)]


def test_money_for_an_order_under_review_waits_for_a_person(fake: FakeProvider) -> None:
    order, attempt = started()
    Order.objects.filter(pk=order.pk).update(state="review")
    fake.says(attempt, **PAID)
    sync(attempt.pk)
    assert (states(order), told()) == (("review", "review"), [])
    assert alerts() == [("paid-under-review", order.pk)]


def test_a_delayed_method_keeps_the_stock_until_it_succeeds(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, status="complete", intent_id="pi_1", intent_status="processing")
    sync(attempt.pk)
    assert (states(order), reserved(order)) == (("processing", "processing"), 2)
    fake.says(attempt, **PAID)
    sync(attempt.pk)
    assert (states(order), told()) == (("paid", "paid"), ["OrderPaid"])


def test_a_delayed_method_that_fails_leaves_the_order_payable(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, status="complete", intent_id="pi_1", intent_status="processing")
    sync(attempt.pk)
    fake.says(attempt, intent_status="requires_payment_method")
    sync(attempt.pk)
    assert (states(order), reserved(order)) == (("failed", "pending"), 2)


def test_an_expired_page_cancels_the_order_and_gives_the_stock_back_once(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, status="expired")
    for _ in range(2):
        sync(attempt.pk)
    assert (states(order), reserved(order)) == (("expired", "cancelled"), 0)
    assert told() == ["OrderCancelled"]


def test_old_news_never_moves_a_paid_order_back(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)
    sync(attempt.pk)
    for stale in ({"status": "open"}, {"status": "expired"}, {"status": "complete", "payment_status": "unpaid"}):
        fake.says(attempt, **stale)
        sync(attempt.pk)
    assert (states(order), told(), reserved(order)) == (("paid", "paid"), ["OrderPaid"], 2)


def test_a_processing_payment_is_not_reopened_by_an_older_answer(fake: FakeProvider) -> None:
    order, attempt = started()
    fake.says(attempt, status="complete", intent_status="processing")
    sync(attempt.pk)
    fake.says(attempt, status="open")
    sync(attempt.pk)
    assert states(order) == ("processing", "processing")


def test_a_definite_refusal_fails_the_attempt_and_keeps_the_order(fake: FakeProvider) -> None:
    order = place()
    fake.errors = [ProviderRefused("amount too small")]
    with pytest.raises(Exception, match="could not reach the payment page"):
        start_payment(attempt_of(order).pk)
    assert states(order) == ("failed", "pending")
    assert attempt_of(order).last_error == "amount too small"


def test_no_answer_leaves_the_attempt_to_be_replayed_with_the_same_key(fake: FakeProvider) -> None:
    order = place()
    attempt = attempt_of(order)
    fake.errors = [ProviderUnavailable("timed out")]
    with pytest.raises(Exception, match="could not reach the payment page"):
        start_payment(attempt.pk)
    assert states(order) == ("created", "pending")
    assert start_payment(attempt.pk).startswith("https://pay.example/")
    assert fake.calls == [f"create {attempt.pk}:session"] * 2
    assert states(order) == ("open", "pending")


def test_a_message_finds_the_attempt_whose_record_was_lost_in_a_crash(fake: FakeProvider) -> None:
    order = place()
    attempt = attempt_of(order)
    session = fake.create_session(attempt.params, idempotency_key=f"{attempt.pk}:session")
    fake.says(attempt, **PAID)
    sync(attempt.pk, session_id=session.session_id)
    assert states(order) == ("paid", "paid")
    assert attempt_of(order).session_id == session.session_id


def test_a_session_of_another_attempt_is_not_believed(fake: FakeProvider) -> None:
    order, other = place(), started()[1]
    fake.says(other, **PAID)
    with pytest.raises(ProviderRefused, match="does not belong"):
        sync(attempt_of(order).pk, session_id=other.session_id)
    assert states(order) == ("created", "pending")


def test_an_unknown_attempt_is_an_error(fake: FakeProvider) -> None:
    with pytest.raises(UnknownAttempt):
        sync(PaymentAttempt().pk)


def test_a_failing_step_leaves_nothing_half_written(fake: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    order, attempt = started()
    fake.says(attempt, **PAID)

    def broken(**_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(warehouse, "settle", broken)
    with pytest.raises(RuntimeError):
        sync(attempt.pk)
    assert (states(order), told()) == (("open", "pending"), [])
    assert attempt_of(order).captured_amount == 0


def test_the_attempts_table_agrees_with_the_orders_table() -> None:
    assert orders.MOVES[Order.State.CANCELLED] >= {Order.State.PAID, Order.State.REVIEW}
