"""Staff give money back: what they typed is kept, what cannot be is said beside its field, nothing is done twice."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.adapters.payments import ProviderRefused, ProviderUnavailable
from shop.alerts.models import Alert
from shop.alerts.services import raise_alert
from shop.checkout.tests.paying_builders import FakeProvider, place, states
from shop.orders import holds
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.payments.models import PaymentAttempt, Refund
from shop.refunds.tests.builders import ask_refund, paid_order, refunded, stock_of

pytestmark = pytest.mark.django_db


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:shop_{name}", args=args)


def care() -> Client:
    return signed_in(make_staff("customer care"))


def typed(order: Order, **fields: Any) -> dict[str, Any]:
    """What the form sends: units and restock of the order's only line, and the rest by name."""
    line = order.lines.get().pk
    known = {"units": "", "key": "k1", "reason": "returned", "note": "", "delivery": "", "extra": "", **fields}
    restock = {"restock": "on"} if known.pop("restock", True) else {}
    named = {f"refund-{name}": value for name, value in known.items() if name != "units"}
    named[f"refund-units_{line}"] = known["units"]
    return named | {f"refund-restock_{line}": value for value in restock.values()}


def press(client: Client, order: Order, *, confirmed: bool = True, **fields: Any) -> Any:
    data = typed(order, **fields) | ({"confirmed": "1"} if confirmed else {})
    return client.post(address("order_refund", order.pk), data, follow=True)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_form_says_what_is_left_of_each_line(fake: FakeProvider) -> None:
    order = paid_order(fake)
    client = care()
    page = text(client.get(address("order_change", order.pk)))
    assert "2 of 2" in page
    assert "Refund some or all of the £159.95 that is left" in page
    ask_refund(order, (order.lines.get().pk, 1), delivery=395)
    page = text(client.get(address("order_change", order.pk)))
    assert "1 of 2" in page
    assert "Refund some or all of the £78 that is left" in page
    assert "Up to £0" in page


def test_the_total_is_shown_before_anything_happens(fake: FakeProvider) -> None:
    order = paid_order(fake)
    page = text(press(care(), order, confirmed=False, units="1", delivery="3.95", extra="5", note="late"))
    for shown in ("£86.95", "1 × Quarry Linen Shirt, Sky, M (back to stock)", "£3.95", "For no line: late", "£5"):
        assert shown in page
    assert (Refund.objects.count(), refunded(order)) == (0, [0])


def test_the_confirming_page_sends_the_same_again_and_twice_is_once(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    for _ in range(3):
        response = press(client, order, units="1", delivery="3.95", note="a stain")
        assert response.redirect_chain == [(address("order_change", order.pk), 302)]
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.note) == ("succeeded", 8195, "a stain")
    assert refund.actor and refund.actor.email == "customer-care@example.org"
    assert (refunded(order), stock_of(order)) == ([8195], (10, 1))
    assert sum(call.startswith("refund") for call in fake.calls) == 1
    assert "This form was sent before" in text(response)


def test_without_the_tick_pieces_not_packed_are_written_off(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    assert "(written off)" in text(press(client, order, units="2", restock=False, confirmed=False))
    press(client, order, units="2", restock=False)
    assert (refunded(order), stock_of(order)) == ([15600], (8, 0))


WRONG = {
    "nothing": ({}, "Choose pieces, delivery or an amount to refund."),
    "none of it": ({"units": "0"}, "Choose pieces, delivery or an amount to refund."),
    "too many": ({"units": "3"}, "less than or equal to 2"),
    "negative": ({"units": "-1"}, "greater than or equal to 0"),
    "very many": ({"units": "9" * 5000}, "Enter a whole number."),
    "no number": ({"units": "two"}, "Enter a whole number."),
    "too much delivery": ({"delivery": "3.96"}, "Only £3.95 is left."),
    "negative money": ({"extra": "-5", "note": "x"}, "Write an amount such as 12.50"),
    "huge money": ({"extra": "9999999", "note": "x"}, "Only £159.95 is left."),
    "money for nothing": ({"extra": "5"}, "Say why money is given that is for no line."),
    "a long reason": ({"extra": "5", "note": "x" * 201}, "at most 200 characters"),
    "more than all": ({"units": "2", "delivery": "3.95", "extra": "0.01", "note": "x"}, "is more than the £159.95"),
    "an unknown reason": ({"units": "1", "reason": "provider"}, "is not one of the available choices"),
    "a nul": ({"units": "1", "note": "a\0b"}, "Null characters are not allowed"),
}


@pytest.mark.parametrize("confirmed", [False, True])
@pytest.mark.parametrize(("fields", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(
    fake: FakeProvider, fields: dict[str, str], said: str, confirmed: bool
) -> None:
    order = paid_order(fake)
    response = press(care(), order, confirmed=confirmed, **fields)
    page = text(response)
    assert response.status_code == 200
    assert said in page
    assert 'id="refund" open' in page
    for value in fields.values():
        if len(value) < 100 and "\0" not in value and value != "provider":
            assert f'value="{value}"' in page
    assert (Refund.objects.count(), refunded(order), stock_of(order)) == (0, [0], (10, 2))


def test_another_orders_lines_are_not_in_the_form(fake: FakeProvider) -> None:
    order, other = paid_order(fake), paid_order(fake)
    data = typed(order, confirmed="1") | {f"refund-units_{other.lines.get().pk}": "1", "confirmed": "1"}
    page = text(care().post(address("order_refund", order.pk), data))
    assert "Choose pieces, delivery or an amount" in page
    assert (Refund.objects.count(), refunded(other)) == (0, [0])


def test_what_was_refunded_meanwhile_is_said_on_the_form(fake: FakeProvider) -> None:
    order = paid_order(fake)
    ask_refund(order, (order.lines.get().pk, 2))
    page = text(press(care(), order, units="1"))
    assert "less than or equal to 0" in page
    assert refunded(order) == [15600]


@pytest.mark.parametrize("error", [ProviderUnavailable("timed out"), ProviderRefused("charge disputed")])
def test_what_the_provider_did_not_do_is_said(fake: FakeProvider, error: Exception) -> None:
    order = paid_order(fake)
    fake.errors = [error]
    page = text(press(care(), order, units="1"))
    refused = isinstance(error, ProviderRefused)
    assert ("could not be refunded: charge disputed" if refused else "the provider does not answer") in page
    assert (Refund.objects.get().state, refunded(order)) == (("failed", [0]) if refused else ("requested", [7800]))
    assert ("Refund again" if refused else "Ask the provider") in page


def test_a_failed_refund_is_made_again_by_a_press_and_its_alert_closed(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    fake.errors = [ProviderRefused("no funds")]
    press(client, order, units="1")
    failed = Refund.objects.get()
    for _ in range(2):
        client.post(address("refund_again", order.pk, failed.pk))
    assert sorted(Refund.objects.values_list("state", flat=True)) == ["failed", "succeeded"]
    assert (refunded(order), Alert.objects.open().count()) == ([7800], 0)


def test_an_unanswered_refund_is_asked_about_by_a_press(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    (refund,) = ask_refund(order, (order.lines.get().pk, 1))
    assert "£78: refunded." in text(client.post(address("refund_again", order.pk, refund.pk), follow=True))
    assert Refund.objects.get().state == "succeeded"


def test_an_order_is_cancelled_after_a_last_question(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    page = text(client.post(address("order_cancel", order.pk)))
    assert f"Cancel order {order.number}?" in page
    assert "£159.95" in page
    assert (states(order), Refund.objects.count()) == (("paid", "paid"), 0)
    for _ in range(2):
        client.post(address("order_cancel", order.pk), {"confirmed": "1"})
    assert (states(order), stock_of(order)) == (("paid", "cancelled"), (10, 0))
    assert Refund.objects.get().state == "succeeded"
    change = order.state_changes.last()
    assert change and change.actor and change.actor.email == "customer-care@example.org"


def test_an_order_in_review_is_cancelled_by_the_button_once_its_money_went_back(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    PaymentAttempt.objects.update(state="review")
    Order.objects.update(state="review", paid_at=None)
    assert "Cancel the order" not in text(client.get(address("order_change", order.pk)))
    PaymentAttempt.objects.update(captured_amount=0)
    assert "Cancel the order" in text(client.get(address("order_change", order.pk)))
    client.post(address("order_cancel", order.pk), {"confirmed": "1"})
    assert (states(order), stock_of(order)) == (("review", "cancelled"), (10, 0))


def test_a_packed_order_is_not_cancelled(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    Order.objects.update(fulfilment_state="packed")
    assert "Cancel the order" not in text(client.get(address("order_change", order.pk)))
    page = text(client.post(address("order_cancel", order.pk), {"confirmed": "1"}, follow=True))
    assert "is packed already" in page
    assert (states(order), Refund.objects.count()) == (("paid", "paid"), 0)


def test_a_hold_stands_on_the_page_until_somebody_lifts_it(fake: FakeProvider) -> None:
    order, client = paid_order(fake), care()
    holds.place(order, OrderHold.Kind.FRAUD_WARNING, "issfr_1", "stolen <card>")
    raise_alert(key="fraud-warning:issfr_1", title="t", advice="a")
    page = text(client.get(address("order_change", order.pk)))
    assert "Do not send: early fraud warning" in page
    assert "stolen &lt;card&gt;" in page
    assert not order.may_ship
    page = text(client.post(address("hold_lift", order.pk, OrderHold.objects.get().pk), follow=True))
    assert "Do not send" not in page
    hold = OrderHold.objects.get()
    assert (order.may_ship, hold.lifted_by is None, Alert.objects.open().count()) == (True, False, 0)


@pytest.mark.parametrize("role", ["warehouse", "catalogue", "marketing", "analyst"])
def test_other_roles_are_refused_by_get_and_post_and_nothing_changes(fake: FakeProvider, role: str) -> None:
    order = paid_order(fake)
    (refund,) = ask_refund(order, extra=100, note="x")
    holds.place(order, OrderHold.Kind.DISPUTE, "dp_1", "")
    client = signed_in(make_staff(role))
    before = refunded(order)
    for url in (
        address("order_refund", order.pk),
        address("order_cancel", order.pk),
        address("refund_again", order.pk, refund.pk),
        address("hold_lift", order.pk, OrderHold.objects.get().pk),
    ):
        assert client.get(url).status_code == 403
        assert client.post(url, typed(order, units="1") | {"confirmed": "1"}).status_code == 403
    assert (states(order), refunded(order), Refund.objects.get().state) == (("paid", "paid"), before, "requested")
    assert OrderHold.objects.standing().count() == 1


def test_the_warehouse_sees_the_hold_and_no_money_buttons(fake: FakeProvider) -> None:
    order = paid_order(fake)
    holds.place(order, OrderHold.Kind.DISPUTE, "dp_1", "")
    page = text(signed_in(make_staff("warehouse")).get(address("order_change", order.pk)))
    assert "Do not send: payment disputed" in page
    for hidden in ("Lift this hold", "Check the total", "Cancel the order"):
        assert hidden not in page


def test_a_get_leads_back_to_the_order_and_other_orders_rows_are_404(fake: FakeProvider) -> None:
    order, other = paid_order(fake), paid_order(fake)
    (refund,) = ask_refund(other, extra=100, note="x")
    client = care()
    assert client.get(address("order_refund", order.pk))["Location"] == address("order_change", order.pk)
    assert client.post(address("refund_again", order.pk, refund.pk)).status_code == 404
    assert client.post(address("order_refund", 10**9)).status_code == 404
    assert Refund.objects.get().state == "requested"


def test_an_unpaid_order_has_no_refund_form(fake: FakeProvider) -> None:
    order = place()
    assert "Check the total" not in text(care().get(address("order_change", order.pk)))


def test_the_page_takes_the_same_queries_however_much_was_refunded(fake: FakeProvider) -> None:
    few, many, client = paid_order(fake), paid_order(fake), care()
    for order, refunds in ((few, 1), (many, 6)):
        for _ in range(refunds):
            ask_refund(order, extra=100, note="x")

    def count(order: Order) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address("order_change", order.pk)).status_code == 200
        return len(captured)

    assert count(few) == count(many)
