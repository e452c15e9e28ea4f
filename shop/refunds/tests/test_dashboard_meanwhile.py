"""The same order refunded by staff here and at the provider's dashboard at the same moment, over real HTTP."""

from functools import partial

import pytest

from adminpanel.tests.builders import make_staff, signed_in
from sandbox.deliveries import deliver_due
from sandbox.models import Charge, Event, Weather
from sandbox.models import Refund as MadeThere
from sandbox.stripe import trouble
from shop.checkout.reconcile import reconcile
from shop.checkout.tests.paying_builders import attempt_of
from shop.orders.models import Order
from shop.payments import refunds
from shop.payments.models import ProviderEvent, Refund
from shop.tests.builders import make_rate, make_variant
from torture.shopper import Shopper, at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4
# Two shirts with their delivery, of which the dashboard gives back half.
TOTAL, HALF = 2 * 7800 + 395, 7998


@pytest.fixture
def staff(shop_site: str) -> Shopper:
    make_rate("standard", 395, None)
    noor = Shopper(shop_site, "noor")
    cookies = signed_in(make_staff("customer care", noor.email)).cookies
    noor.http.cookies.update({name: morsel.value for name, morsel in cookies.items()})
    return noor


def paid(shop_site: str, number: int) -> Order:
    sam = Shopper(shop_site, f"sam.{number}")
    assert sam.place(make_variant(price=7800, stock=10).pk, 2)
    sam.card()
    order = Order.objects.get(email=sam.email)
    assert (order.state, attempt_of(order).captured_amount) == ("paid", TOTAL)
    return order


def refund_at_both(staff: Shopper, order: Order, *, units: int, delivery: str) -> None:
    """Staff press the button that asks the provider while somebody refunds half of the payment there."""
    line = order.lines.get().pk
    staff.go(f"{staff.shop}/admin/shop/order/{order.pk}/change/")
    typed = {f"refund-units_{line}": str(units), "refund-delivery": delivery, "refund-note": "came back"}
    form = staff.form("/refund/")[1] | typed | {"confirmed": "1"}
    here = partial(staff.go, f"{staff.shop}/admin/shop/order/{order.pk}/refund/", form)
    at_once(here, partial(trouble.refund_here, attempt_of(order).session_id))


def settle() -> None:
    """All messages arrive, and the reconciler has had its turn."""
    deliver_due()
    assert reconcile().failures == []
    deliver_due()
    assert ProviderEvent.objects.filter(processed_at=None).count() == 0


def check_books(order: Order) -> int:
    """Ledger, payment and provider say the same, and never more than was paid; what went back."""
    attempt = attempt_of(order)
    charge = Charge.objects.get(intent_id=attempt.intent_id)
    counted = Refund.objects.filter(attempt=attempt).exclude(state="failed")
    assert {refund.state for refund in counted} == {"succeeded"}
    there = dict(MadeThere.objects.filter(charge=charge).values_list("id", "amount"))
    assert {refund.provider_id: refund.amount for refund in counted} == there
    assert sum(there.values()) == charge.amount_refunded == attempt.refunded_amount <= TOTAL
    return charge.amount_refunded


@pytest.mark.parametrize("messages", ["come", "are lost"])
def test_both_together_more_than_was_paid_never_go_back(
    staff: Shopper, shop_site: str, messages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.checkout.reconcile.SETTLING", refunds.KEY_LIVES * 0)
    for number in range(ROUNDS):
        order = paid(shop_site, number)
        if messages == "are lost":
            Weather.objects.update_or_create(pk=1, defaults={"lose_next": 100})
        refund_at_both(staff, order, units=2, delivery="3.95")
        settle()
        Weather.objects.update(lose_next=0)
        # Whoever was first has won: all of it by staff, or half of it there (and staff are told of the rest).
        assert check_books(order) in (TOTAL, HALF)
    assert staff.faults == []
    assert Event.objects.filter(type="charge.refunded").count() >= ROUNDS


def test_both_within_what_was_paid_are_both_made_and_both_in_the_ledger(staff: Shopper, shop_site: str) -> None:
    for number in range(ROUNDS):
        order = paid(shop_site, number)
        refund_at_both(staff, order, units=1, delivery="")
        settle()
        given_there = Refund.objects.get(attempt__order=order, reason="provider").amount
        # Half of what was left when it was pressed.
        assert given_there in (HALF, (TOTAL - 7800 + 1) // 2)
        assert check_books(order) == 7800 + given_there
