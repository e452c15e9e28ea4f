"""Each invariant is broken once on purpose, and says so: a rule that finds nothing proves nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as shop_settings
from django.db import transaction
from django.db.models import F
from pytest_django import Settings

from sandbox.models import Charge, Intent, Session
from sandbox.models import Refund as ProvidersRefund
from sandbox.paypal.models import PayPalCapture, PayPalOrder, PayPalRefund
from shop.checkout import sync
from shop.checkout.tests.paying_builders import attempt_of, place
from shop.core import clock
from shop.events.relay import relay
from shop.mail.models import OutgoingMail
from shop.mail.services import send_due_mail
from shop.marketing.models import Redemption
from shop.orders.models import Order, OrderLine, OrderStateChange
from shop.payments import services as payments
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund
from shop.tests.builders import make_promotion
from shop.warehouse.models import Reservation, StockLevel
from torture import invariants

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mails(tmp_path: Path, settings: Settings) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


def sell() -> Order:
    """An order that was paid in the right way, with everything that follows from it."""
    order = place()
    attempt = attempt_of(order)
    charge(order, amount=order.grand_total)
    with transaction.atomic():
        payments.record_capture(attempt, amount=order.grand_total)
        payments.move(attempt, PaymentAttempt.State.PAID)
        sync.confirm(order)
    relay()
    send_due_mail()
    return order


def charge(order: Order, *, amount: int) -> None:
    """The provider takes that much for the order's newest payment."""
    named = {"order": order.number, "attempt": str(attempt_of(order).pk)}
    intent = Intent.objects.create(amount=amount, currency="gbp", metadata=named)
    Charge.objects.create(intent=intent, amount=amount, status="succeeded")


def again(order: Order) -> None:
    charge(order, amount=order.grand_total)


def another_line(order: Order) -> None:
    line = order.lines.get()
    line.pk = None
    line.save()


def pay_for_nothing(order: Order) -> None:
    """The shop believes in a payment that the provider knows nothing of."""
    Charge.objects.all().delete()


def cancel_behind_the_provider(order: Order) -> None:
    Order.objects.update(state=Order.State.CANCELLED, cancelled_by_choice=True)


def mail_twice(order: Order) -> None:
    """Another file, as a sender without a key would make it."""
    Path(shop_settings.MAIL_DIR, "order-confirmation-again.eml").touch()


def use_of(order: Order, **fields: Any) -> None:
    """A use of a promotion by the order, counted once."""
    promotion = make_promotion(uses=1)
    Redemption.objects.create(
        promotion=promotion, order=order, customer=order.email, amount=1, currency="GBP", **fields
    )


def cancel_and_keep_the_use(order: Order) -> None:
    use_of(order)
    cancel_behind_the_provider(order)


BREAKS: dict[str, tuple[str, Callable[[Order], object]]] = {
    "charged twice": ("money_kept", again),
    "charged one more": ("money_kept", lambda order: Charge.objects.update(amount=F("amount") + 1)),
    "refunded one": ("money_kept", lambda order: Charge.objects.update(amount_refunded=1)),
    "never charged": ("money_kept", pay_for_nothing),
    "cancelled and kept": ("money_kept", cancel_behind_the_provider),
    "a charge nobody knows": ("payments_have_orders", lambda order: Intent.objects.update(metadata={})),
    "a capture that is none": ("payments_have_orders", pay_for_nothing),
    "paid by nothing": ("payments_have_orders", lambda order: PaymentAttempt.objects.update(state="expired")),
    "a refund nobody asked for": (
        "refunds_agree",
        lambda order: ProvidersRefund.objects.create(charge=Charge.objects.get(), amount=1),
    ),
    "a refund nobody asked PayPal for": ("refunds_agree", lambda order: refund_at_paypal()),
    "one unit leaked": ("stock_is_exact", lambda order: StockLevel.objects.update(reserved=F("reserved") + 1)),
    "one unit appeared": ("stock_is_exact", lambda order: StockLevel.objects.update(on_hand=F("on_hand") + 1)),
    "sold but not held": ("stock_is_exact", lambda order: Reservation.objects.update(state="released")),
    "a line without stock": ("stock_is_exact", another_line),
    "no mail": ("one_mail_each", lambda order: OutgoingMail.objects.all().delete()),
    "two mails": ("one_mail_each", mail_twice),
    "a mail too many": ("one_mail_each", lambda order: mail_for("ABCD-EFGH")),
    "an open page": ("nothing_waits", lambda order: open_page()),
    "a live payment": ("nothing_waits", lambda order: PaymentAttempt.objects.update(state="open")),
    "an undecided order": ("nothing_waits", lambda order: Order.objects.update(state="pending")),
    "an unread message": (
        "nothing_waits",
        lambda order: ProviderEvent.objects.create(provider="stripe", event_id="e", type="t", payload={}),
    ),
    "a mail not sent": ("nothing_waits", lambda order: OutgoingMail.objects.update(state="pending")),
    "lines that do not add up": (
        "totals_add_up",
        lambda order: OrderLine.objects.update(unit_price=1, line_total=F("quantity")),
    ),
    "another amount asked for": ("totals_add_up", lambda order: PaymentAttempt.objects.update(amount=F("amount") - 1)),
    "a forbidden move": (
        "histories_are_whole",
        lambda order: OrderStateChange.objects.create(order=order, from_state="paid", to_state="pending"),
    ),
    "a use that nobody made": ("vouchers_are_counted", lambda order: make_promotion(uses=1)),
    "a use that is not counted": ("vouchers_are_counted", lambda order: use_of(order, given_back_at=clock.now())),
    "a use of a cancelled order": ("vouchers_are_counted", cancel_and_keep_the_use),
    "what the shop's own watch finds": (
        "the_sentinel_agrees",
        lambda order: StockLevel.objects.update(reserved=F("reserved") + 1),
    ),
    "a state without a history": ("histories_are_whole", lambda order: Order.objects.update(state="review")),
}


def mail_for(number: str) -> None:
    """A confirmation of an order that nobody paid."""
    OutgoingMail.objects.create(
        key=f"order-confirmation:{number}", to="sam@example.com", subject="-", text="-", html="-", state="sent"
    )


def refund_at_paypal() -> None:
    taken = PayPalCapture.objects.create(order=PayPalOrder.objects.create(unit={}, value=5), value=5, status="DECLINED")
    PayPalRefund.objects.create(capture=taken, value=5)


def open_page() -> None:
    Session.objects.create(amount_total=1, currency="gbp", url="", success_url="", expires_at=clock.now())


def test_an_order_paid_in_the_right_way_breaks_nothing(mails: Path) -> None:
    sell()
    assert invariants.violations() == []


@pytest.mark.parametrize("fault", BREAKS)
def test_a_broken_book_is_noticed(mails: Path, fault: str) -> None:
    rule, break_it = BREAKS[fault]
    break_it(sell())
    assert rule in {found.partition(":")[0] for found in invariants.violations()}


def test_every_invariant_was_broken_once() -> None:
    assert {rule for rule, _ in BREAKS.values()} == {rule.__name__ for rule in invariants.INVARIANTS}


def test_what_waits_is_said_once(mails: Path) -> None:
    attempt = attempt_of(sell())
    Refund.objects.create(attempt=attempt, reason="goodwill", amount=1, currency="GBP")
    assert invariants.nothing_waits() == ["1 refunds under way"]


def test_whatever_a_redelivery_may_change_is_compared(mails: Path) -> None:
    order = sell()
    before = invariants.facts()
    assert invariants.facts() == before
    for change in (again, mail_twice, cancel_behind_the_provider):
        change(order)
        assert invariants.facts() != before
        before = invariants.facts()
