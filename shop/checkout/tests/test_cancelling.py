"""Buyers call their order off: the provider decides about what is not paid, and money never stays behind."""

from typing import Any

import pytest
from django.test import Client

from shop.adapters.payments import ProviderUnavailable, RefundState
from shop.checkout.cancelling import cancel_order
from shop.checkout.paying import start_payment
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, pay, place, states
from shop.core.errors import InvalidTransition
from shop.events.models import OutboxEvent
from shop.events.relay import relay
from shop.mail.models import OutgoingMail
from shop.orders import services as orders
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.payments.models import Refund
from shop.payments.refunds import record
from shop.refunds.services import NotCancellable
from shop.tests.builders import make_user
from shop.tests.parallel import in_parallel
from shop.warehouse.models import StockLevel

pytestmark = pytest.mark.django_db
PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}


def started(fake: FakeProvider) -> Order:
    order = place()
    start_payment(attempt_of(order).pk)
    fake.calls.clear()
    return order


def paid(fake: FakeProvider) -> Order:
    order = place()
    pay(fake, order)
    fake.calls.clear()
    return order


def press(order: Order, **address: str) -> Any:
    number, key = address.get("number", order.number), address.get("key", order.key)
    return Client(raise_request_exception=False).post(f"/orders/{number}/{key}/cancel/")


def ask(order: Order) -> Any:
    return Client().get(f"/orders/{order.number}/{order.key}/cancel/")


def page(order: Order) -> str:
    return str(Client().get(order.get_absolute_url()).content.decode())


def reserved() -> int:
    return StockLevel.objects.get().reserved


def told() -> list[str]:
    names = ["OrderPaid", "OrderCancelled", "RefundIssued"]
    return list(OutboxEvent.objects.filter(name__in=names).order_by("created_at").values_list("name", flat=True))


def test_a_paid_order_is_cancelled_refunded_and_mailed(fake: FakeProvider) -> None:
    order = paid(fake)
    assert "Cancel order" in page(order)
    assert "goes back to where it came from" in ask(order).content.decode()
    response = press(order)
    assert (response.status_code, response["Location"]) == (303, order.get_absolute_url())
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.reason) == ("succeeded", order.grand_total, "cancelled")
    assert (states(order), reserved(), told()) == (
        ("paid", "cancelled"),
        0,
        ["OrderPaid", "OrderCancelled", "RefundIssued"],
    )
    relay()
    subjects = set(OutgoingMail.objects.values_list("subject", flat=True))
    assert {f"Order {order.number} is cancelled", f"Order {order.number}: £159.95 refunded"} <= subjects
    assert "went back on" in page(order)


def test_mails_say_what_goes_back_in_text_and_html(fake: FakeProvider) -> None:
    order = paid(fake)
    press(order)
    relay()
    mail = OutgoingMail.objects.get(key__startswith="refund:")
    for body in (mail.text, mail.html):
        for shown in ("£159.95", order.number, "Quarry Linen Shirt × 2", "£156", "Delivery", "£3.95", order.key):
            assert shown in body
    cancelled = OutgoingMail.objects.get(key__startswith="order-cancelled:")
    assert "Your money goes back" in cancelled.text
    assert "Nothing was charged" not in cancelled.text


def test_what_the_buyer_asked_for_is_kept_with_what_came_of_it(fake: FakeProvider) -> None:
    unpaid, order = started(fake), paid(fake)
    fake.errors = [ProviderUnavailable("timed out")]
    press(unpaid)
    press(order)
    press(order, key="wrong")
    assert list(unpaid.requests.values_list("what", "outcome")) == [("cancel", "the provider could not be asked")]
    assert list(order.requests.values_list("what", "outcome")) == [("cancel", "cancelled")]


def test_twice_is_harmless_and_shows_the_order(fake: FakeProvider) -> None:
    order = paid(fake)
    assert [press(order).status_code for _ in range(3)] == [303, 303, 303]
    assert ask(order).status_code == 303
    assert (Refund.objects.count(), told().count("OrderCancelled")) == (1, 1)
    assert sum(call.startswith("refund") for call in fake.calls) == 1


@pytest.mark.parametrize("wrong", [{"key": "x" * 32}, {"number": "A7KM-29QX"}])
def test_a_wrong_key_or_number_is_a_404_and_cancels_nothing(fake: FakeProvider, wrong: dict[str, str]) -> None:
    order = paid(fake)
    assert press(order, **wrong).status_code == 404
    assert (states(order), Refund.objects.count()) == (("paid", "paid"), 0)


def test_a_form_without_its_token_is_refused(fake: FakeProvider) -> None:
    order = paid(fake)
    client = Client(enforce_csrf_checks=True)
    assert client.post(f"/orders/{order.number}/{order.key}/cancel/").status_code == 403
    assert states(order) == ("paid", "paid")


@pytest.mark.parametrize("state", ["packed", "shipped", "delivered"])
def test_a_packed_order_is_refused_kindly(fake: FakeProvider, state: str) -> None:
    order = paid(fake)
    Order.objects.update(fulfilment_state=state)
    assert "Cancel order" not in page(order)
    assert (ask(order).status_code, press(order).status_code) == (200, 409)
    for answer in (ask(order), press(order)):
        assert f"is {state} already" in answer.content.decode()
        assert "send it back" in answer.content.decode()
    assert (states(order), Refund.objects.count(), reserved()) == (("paid", "paid"), 0, 2)


def test_a_disputed_order_is_refused_kindly(fake: FakeProvider) -> None:
    order = paid(fake)
    OrderHold.objects.create(order=order, kind="dispute", source="dp_1")
    assert press(order).status_code == 409
    assert (states(order), Refund.objects.count()) == (("paid", "paid"), 0)


def test_an_unpaid_order_is_cancelled_once_its_page_is_closed(fake: FakeProvider) -> None:
    order = started(fake)
    assert "Nothing is sent and nothing is charged" in ask(order).content.decode()
    assert press(order).status_code == 303
    assert fake.calls == ["expire", "retrieve"]
    assert (states(order), reserved(), told()) == (("expired", "cancelled"), 0, ["OrderCancelled"])
    order.refresh_from_db()
    assert (order.cancelled_by_choice, order.state_changes.last().reason) == (True, "cancelled by the customer")  # type: ignore[union-attr]
    assert "nothing was charged" in page(order)
    relay()
    assert "Nothing was charged" in OutgoingMail.objects.get().text


def test_an_order_found_to_be_paid_meanwhile_is_refunded(fake: FakeProvider) -> None:
    order = started(fake)
    fake.says(attempt_of(order), **PAID)
    assert press(order).status_code == 303
    assert (states(order), reserved()) == (("paid", "cancelled"), 0)
    assert Refund.objects.get().state == "succeeded"


def test_money_that_comes_after_the_buyer_cancelled_goes_back(fake: FakeProvider) -> None:
    order = started(fake)
    press(order)
    fake.says(attempt_of(order), **PAID)
    sync(attempt_of(order).pk)
    assert (states(order), reserved()) == (("paid", "cancelled"), 0)
    assert Refund.objects.values_list("reason", "state", "amount").get() == ("late", "succeeded", order.grand_total)
    assert "arrived after it was cancelled. The whole amount" in page(order)


def test_without_the_provider_an_unpaid_order_stays_and_says_so(fake: FakeProvider) -> None:
    order = started(fake)
    fake.errors = [ProviderUnavailable("timed out")]
    answer = press(order)
    assert (answer.status_code, "could not reach the payment service" in answer.content.decode()) == (503, True)
    assert (states(order), reserved()) == (("open", "pending"), 2)


def test_a_refund_that_cannot_be_sent_at_once_does_not_hinder_the_cancelling(fake: FakeProvider) -> None:
    order = paid(fake)
    fake.errors = [ProviderUnavailable("timed out")]
    assert press(order).status_code == 303
    assert (states(order), Refund.objects.get().state) == (("paid", "cancelled"), "requested")
    assert "is on its way to where it came from" in page(order)


@pytest.mark.parametrize("state", ["processing", "review"])
def test_a_payment_on_its_way_or_in_review_is_waited_for(fake: FakeProvider, state: str) -> None:
    order = started(fake)
    Order.objects.update(state=state)
    assert (ask(order).status_code, press(order).status_code) == (200, 409)
    assert (states(order), reserved(), fake.calls) == (("open", state), 2, [])


def test_staff_end_an_order_in_review_once_its_money_went_back(fake: FakeProvider) -> None:
    order, staff = started(fake), make_user()
    fake.says(attempt_of(order), **{**PAID, "amount_total": 100})
    attempt = sync(attempt_of(order).pk)
    with pytest.raises(NotCancellable, match="at the provider first"):
        cancel_order(order=order, actor=staff, reason="x")
    assert (states(order), reserved()) == (("review", "review"), 2)
    record(attempt, RefundState("re_1", Refund.State.SUCCEEDED, 100, "GBP", "pi_1", reference=""))
    assert (press(order).status_code, reserved()) == (409, 2)
    cancel_order(order=order, actor=staff, reason="another order's payment")
    assert (states(order), reserved(), Refund.objects.count()) == (("review", "cancelled"), 0, 1)
    assert told() == ["RefundIssued", "OrderCancelled"]


def test_an_order_the_clock_cancelled_first_is_from_then_on_cancelled_by_choice(fake: FakeProvider) -> None:
    order = started(fake)
    fake.says(attempt_of(order), status="expired")
    sync(attempt_of(order).pk)
    cancel_order(order=order, actor=None, reason="x")
    assert (Order.objects.get().cancelled_by_choice, told()) == (True, ["OrderCancelled"])


def test_nothing_but_a_choice_cancels_a_paid_order(fake: FakeProvider) -> None:
    order = paid(fake)
    order.refresh_from_db()
    with pytest.raises(InvalidTransition):
        orders.cancel(order, reason="not paid in time")
    assert states(order) == ("paid", "paid")


@pytest.mark.django_db(transaction=True)
def test_many_presses_at_once_refund_once(fake: FakeProvider) -> None:
    order = paid(fake)
    answers: list[int] = []
    assert in_parallel(lambda: answers.append(press(order).status_code), 6) == []
    assert set(answers) == {303}
    assert (states(order), Refund.objects.count(), reserved()) == (("paid", "cancelled"), 1, 0)
    assert (len(fake.refunds), told().count("OrderCancelled")) == (1, 1)
