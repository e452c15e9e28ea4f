"""Each check is shown data broken on purpose, behind the back of everything that guards it."""

import inspect
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from shop.alerts.models import Alert
from shop.checkout import advice, stock
from shop.checkout.paying import start_payment
from shop.checkout.sentinel import run as sentinels
from shop.checkout.sentinel.backups import drills_overdue
from shop.checkout.sentinel.finding import Check, Finding
from shop.checkout.sentinel.run import CHECKS, sentinel
from shop.checkout.sync import sync
from shop.checkout.tests import test_sentinel_moving, test_sentinel_supplies
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.invoices.models import DocumentCounter
from shop.invoices.services import issue_credit_note, issue_invoice
from shop.mail.models import OutgoingMail
from shop.marketing.models import Promotion
from shop.orders.models import Order, OrderLine, OrderTax
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund
from shop.tests.parallel import in_parallel
from shop.warehouse import services as warehouse
from shop.warehouse.models import Reservation, StockLevel

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=30)


@pytest.fixture
def order(fake: FakeProvider) -> Order:
    """A paid order of 2 x £78 and £3.95, with its stock held."""
    order = place()
    start_payment(attempt_of(order).pk)
    fake.says(attempt_of(order), status="complete", payment_status="paid", intent_id="pi_1")
    sync(attempt_of(order).pk)
    order.refresh_from_db()
    return order


def break_order(order: Order, **fields: object) -> None:
    Order.objects.filter(pk=order.pk).update(**fields)


def break_attempt(order: Order, **fields: object) -> None:
    PaymentAttempt.objects.filter(order=order).update(**fields)


def make_refund(order: Order, amount: int, state: str = Refund.State.SUCCEEDED) -> Refund:
    return Refund.objects.create(
        attempt=attempt_of(order), state=state, reason="goodwill", amount=amount, currency="GBP"
    )


def leave_refund(order: Order, state: str, age: timedelta) -> None:
    refund = make_refund(order, 500, state)
    Refund.objects.filter(pk=refund.pk).update(created_at=clock.now() - age)
    break_attempt(order, refunded_amount=500)


def break_totals(order: Order) -> None:
    break_order(order, lines_total=order.lines_total + 100, grand_total=order.grand_total + 100)
    break_attempt(order, amount=order.grand_total + 100, captured_amount=order.grand_total + 100)


def break_discount(order: Order) -> None:
    break_order(order, discount_total=100, grand_total=order.grand_total - 100)


def forget_page(order: Order) -> None:
    second = attempt_of(order)
    second.pk, second.state, second.captured_amount, second.paid_at = uuid4(), "open", 0, None
    second.expires_at = clock.now() - timedelta(hours=2)
    second.save(force_insert=True)


def pay_twice(order: Order, state: str = PaymentAttempt.State.PAID, age: timedelta = LONG_AGO) -> None:
    """A second payment came, and its refund failed."""
    second = attempt_of(order)
    second.pk, second.state = uuid4(), state
    second.save(force_insert=True)
    Refund.objects.create(
        attempt=second, state=Refund.State.FAILED, reason="duplicate", amount=second.amount, currency="GBP"
    )
    break_attempt(order, updated_at=clock.now() - age)


def keep_of_cancelled(order: Order) -> None:
    """Less than the total came for an order that was then called off, and its refund failed."""
    warehouse.release(order_line_ids=stock.line_ids(order), document=order.number, reason="called off")
    break_order(order, state="cancelled", cancelled_by_choice=True)
    break_attempt(order, state="review", captured_amount=10000)


def refund_but_hold(order: Order) -> None:
    """A piece was refunded, and the order holds it all the same."""
    refund = make_refund(order, 7800)
    refund.lines.create(order_line=order.lines.get(), quantity=1, amount=7800)
    break_attempt(order, refunded_amount=7800)


def keep_foreign(order: Order) -> None:
    """Money of another currency came for a paid order, and its alert was closed."""
    second = attempt_of(order)
    second.pk, second.state, second.captured_amount, second.captured_currency = uuid4(), "review", 500, "EUR"
    second.save(force_insert=True)


def refund_without_note(order: Order, **fields: object) -> Refund:
    """£5 of an invoice went back long ago."""
    issue_invoice(order.pk)
    refund = make_refund(order, 500)
    Refund.objects.filter(pk=refund.pk).update(done_at=clock.now() - LONG_AGO, **fields)
    break_attempt(order, refunded_amount=500)
    return refund


def refund_comes_back(order: Order) -> None:
    refund = refund_without_note(order)
    issue_credit_note(refund.pk)
    Refund.objects.filter(pk=refund.pk).update(state=Refund.State.FAILED)
    break_attempt(order, refunded_amount=0)


def lose_reservation(order: Order) -> None:
    Reservation.objects.update(state=Reservation.State.RELEASED)
    StockLevel.objects.update(reserved=0)


def miscount(order: Order) -> None:
    Promotion.objects.create(name="Ten off", percent=10, uses=3)


def stop_machinery(order: Order) -> None:
    OutboxEvent.objects.filter(name="OrderPaid").update(state=OutboxEvent.State.DEAD)


def lose_published(order: Order) -> None:
    """Taken by the bus a day ago, and no consumer ever heard of it."""
    ago = clock.now() - timedelta(days=1)
    paid = OutboxEvent.objects.filter(name="OrderPaid")
    paid.update(state=OutboxEvent.State.PUBLISHED, published_at=ago, acknowledged_at=None)


def set_event_aside(order: Order) -> None:
    ProviderEvent.objects.create(
        provider="stripe", event_id="evt_1", type="refund.failed", payload={}, set_aside_at=clock.now()
    )


def fail_mail(order: Order) -> None:
    OutgoingMail.objects.create(key="a", to="a@b.org", subject="Hi", text="", html="", state=OutgoingMail.State.FAILED)


# What is done to a paid order, the checks that must find it, and a part of what they say.
BROKEN: list[tuple[Callable[[Order], object], set[str], str]] = [
    (lambda order: StockLevel.objects.update(on_hand=11), {"stock-ledger"}, "says 11 on hand, its ledger 10"),
    (lambda order: StockLevel.objects.update(reserved=1), {"stock-ledger"}, "says 1 held, its orders 2"),
    (lose_reservation, {"stock-ledger", "orders-hold"}, "holds 0 of 2"),
    (
        lambda order: break_order(order, fulfilment_state="shipped"),
        {"held-in-vain"},
        "which needs it no longer",
    ),
    (
        lambda order: break_order(order, state="cancelled", cancelled_by_choice=True),
        {"money-without-order", "held-in-vain"},
        "£159.95 was taken for order",
    ),
    (refund_but_hold, {"held-in-vain"}, "holds 2 x"),
    (keep_of_cancelled, {"money-without-order"}, "£100 was taken for order"),
    (keep_foreign, {"money-without-order"}, "€5 was taken for order"),
    (pay_twice, {"money-too-much"}, "£319.90 is kept for it, it costs £159.95"),
    (lambda order: pay_twice(order, PaymentAttempt.State.REVIEW), {"money-too-much"}, "£319.90 is kept for it"),
    (lambda order: break_attempt(order, state="expired"), {"order-without-money"}, "no payment of £159.95 is known"),
    (
        lambda order: break_attempt(order, captured_amount=100),
        {"amount-taken"},
        "£1 is noted as taken, £159.95 was asked for",
    ),
    (lambda order: break_attempt(order, refunded_amount=500), {"refund-sum"}, "£5 is noted as refunded"),
    (lambda order: make_refund(order, 500), {"refund-sum"}, "its refunds come to £5"),
    (lambda order: make_refund(order, 20000), {"refund-sum", "refund-limit"}, "refunds of £200 for a payment"),
    (
        lambda order: leave_refund(order, Refund.State.REQUESTED, timedelta(hours=3)),
        {"refund-overdue"},
        "its refund of £5 is still requested",
    ),
    (
        lambda order: leave_refund(order, Refund.State.PENDING, LONG_AGO),
        {"refund-overdue"},
        "its refund of £5 is still on its way",
    ),
    (forget_page, {"payment-forgotten"}, "its payment is still open"),
    (set_event_aside, {"event-set-aside"}, "was never worked on: refund.failed"),
    (
        lambda order: break_order(order, state="review", fulfilment_state="shipped"),
        {"sent-unpaid", "money-without-order", "held-in-vain"},
        "was sent, but it is needs review",
    ),
    (break_totals, {"order-totals"}, "of £160.95: its lines come to £156"),
    (break_discount, {"order-totals"}, "its discounts to £0"),
    (lambda order: break_order(order, tax_total=100), {"order-taxes"}, "£1 tax on £159.95"),
    (lambda order: OrderTax.objects.create(order=order, rate=20, gross=15995, tax=9), {"order-taxes"}, "come to £0.09"),
    (lambda order: OrderLine.objects.update(tax_total=5), {"order-taxes"}, "£0 tax"),
    (
        lambda order: break_order(order, state="review", updated_at=clock.now() - LONG_AGO),
        {"order-stuck", "money-without-order"},
        "is needs review for too long",
    ),
    (
        lambda order: (issue_invoice(order.pk), DocumentCounter.objects.update(last=2)),
        {"invoice-gaps"},
        "1 documents, although 2 numbers were given out",
    ),
    (
        lambda order: break_order(order, paid_at=clock.now() - LONG_AGO),
        {"invoice-missing"},
        "was paid and has no invoice",
    ),
    (refund_without_note, {"credit-note-missing"}, "£5 went back without a credit note"),
    (refund_comes_back, {"credit-note-in-vain"}, "over £5: its refund came back"),
    (miscount, {"promotion-uses"}, "Ten off: its uses are miscounted"),
    (stop_machinery, {"event-stuck"}, "Event OrderPaid of"),
    (lose_published, {"event-unacknowledged"}, "OrderPaid"),
    (fail_mail, {"mail-stuck"}, "A mail was not sent: Hi"),
]


def found() -> set[str]:
    """The checks whose alerts are open."""
    return {alert.key.split(":")[1] for alert in Alert.objects.open() if alert.key.startswith("sentinel:")}


@pytest.mark.parametrize("case", range(len(BROKEN)), ids=[f"{n}-{min(case[1])}" for n, case in enumerate(BROKEN)])
def test_what_is_broken_is_found_told_and_closed_once_it_is_mended(order: Order, case: int) -> None:
    breaking, names, words = BROKEN[case]
    assert sentinel().failures == []
    breaking(order)
    run = sentinel()
    assert found() == names
    assert any(words in failure for failure in run.failures), run.failures
    assert all(alert.advice and alert.title for alert in Alert.objects.all())


def test_every_check_is_shown_something_broken() -> None:
    here = {name for _, names, _ in BROKEN for name in names}
    elsewhere = {*test_sentinel_moving.SHOWN_BROKEN, *test_sentinel_supplies.SHOWN_BROKEN}
    elsewhere.add(drills_overdue)  # shop/operations/tests/test_drills.py
    assert here == {check.name for check in CHECKS if check.find not in elsewhere}


def test_the_operators_page_says_what_each_check_and_each_alert_of_the_money_path_means() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "operations.md").read_text()
    part = page.partition("## What the sentinel finds")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE)
    assert listed == [check.name for check in CHECKS]
    kinds = set(re.findall(r'"?key"?\s*=\s*f"([a-z-]+):', inspect.getsource(advice)))
    assert kinds >= {"wrong-amount", "orphan-payment"}
    assert kinds <= set(re.findall(r"`([a-z-]+)`", page.partition("## What the sentinel")[0]))


def test_a_difference_that_is_gone_closes_its_alert_and_one_that_stays_is_the_same_alert(order: Order) -> None:
    StockLevel.objects.update(on_hand=11)
    break_attempt(order, refunded_amount=500)
    for _ in range(2):
        sentinel()
    assert sorted(Alert.objects.open().values_list("times", flat=True)) == [2, 2]
    StockLevel.objects.update(on_hand=10)
    sentinel()
    assert found() == {"refund-sum"}
    assert Alert.objects.exclude(closed_at=None).get().closed_by is None


def test_an_order_with_its_invoice_is_well(order: Order) -> None:
    issue_invoice(order.pk)
    break_order(order, paid_at=clock.now() - LONG_AGO)
    assert sentinel().failures == []


def test_refunds_that_need_no_credit_note_or_have_one_are_well(order: Order) -> None:
    refund = refund_without_note(order, reason="duplicate")
    assert sentinel().failures == []
    Refund.objects.update(reason="goodwill", done_at=clock.now() - timedelta(minutes=50))
    assert sentinel().failures == []
    Refund.objects.update(done_at=clock.now() - LONG_AGO)
    issue_credit_note(refund.pk)
    assert sentinel().failures == []


def test_other_alerts_stay_open(order: Order) -> None:
    Alert.objects.create(key="paid-twice:1", title="A", advice="Look")
    sentinel()
    assert Alert.objects.open().get().key == "paid-twice:1"


def test_a_refund_on_its_way_counts_and_a_failed_one_does_not(order: Order) -> None:
    make_refund(order, 500, Refund.State.PENDING)
    make_refund(order, 700, Refund.State.FAILED)
    break_attempt(order, refunded_amount=500)
    assert sentinel().failures == []


def test_a_payment_too_much_is_given_time_to_go_back(order: Order) -> None:
    pay_twice(order, age=timedelta(minutes=50))
    assert sentinel().failures == []


def test_a_payment_too_much_that_goes_back_is_well(order: Order) -> None:
    pay_twice(order)
    second = attempt_of(order)
    make_refund(order, second.amount, Refund.State.PENDING)
    PaymentAttempt.objects.filter(pk=second.pk).update(refunded_amount=second.amount)
    assert sentinel().failures == []


def test_a_cancelled_order_whose_money_goes_back_is_well(order: Order) -> None:
    make_refund(order, order.grand_total, Refund.State.PENDING)
    break_attempt(order, refunded_amount=order.grand_total)
    lose_reservation(order)
    break_order(order, state="cancelled", cancelled_by_choice=True)
    assert {check for check in found() if check != "stock-ledger"} == set()
    assert not [words for words in sentinel().failures if "ledger" not in words]


def test_staff_are_not_mailed_about_mails_to_staff_that_failed(order: Order, settings: Settings) -> None:
    settings.STAFF_EMAILS = ["ann@example.org"]
    StockLevel.objects.update(on_hand=11)
    sentinel()
    OutgoingMail.objects.update(state=OutgoingMail.State.FAILED)
    sentinel()
    assert found() == {"stock-ledger"}


def test_so_many_at_once_are_one_alert_more_and_none_is_closed_by_counting(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = [Finding(number, f"Wrong {number}", "Look") for number in range(70)]
    monkeypatch.setattr(sentinels, "CHECKS", (Check("many", "all right", lambda: iter(wrong)),))
    assert len(sentinel().failures) == 51
    assert Alert.objects.open().filter(title__startswith="More than 50").exists()
    del wrong[:40]
    assert len(sentinel().failures) == 30
    assert Alert.objects.open().count() == 30


def test_a_check_that_breaks_is_a_failure_and_the_others_go_on(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Finding]:
        raise RuntimeError("no such column")

    one = Finding(1, "Wrong", "Look")
    checks = (Check("a", "first", broken), Check("b", "second", lambda: [one]))
    monkeypatch.setattr(sentinels, "CHECKS", checks)
    assert sentinel().failures == ["checks: first: no such column", "Wrong"]


def test_each_check_is_a_query_or_two_however_large_the_shop(order: Order) -> None:
    with CaptureQueriesContext(connection) as few:
        sentinel()
    for _ in range(3):
        place()
    with CaptureQueriesContext(connection) as many:
        sentinel()
    assert len(many) == len(few) <= 4 * len(CHECKS)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_tell_each_thing_once(order: Order, settings: Settings) -> None:
    settings.STAFF_EMAILS = ["ann@example.org"]
    StockLevel.objects.update(on_hand=11)
    assert in_parallel(sentinel, 3) == []
    assert (Alert.objects.count(), OutgoingMail.objects.filter(key__startswith="alert:").count()) == (1, 1)


def test_the_command_lists_what_is_wrong_and_fails(order: Order) -> None:
    out = StringIO()
    call_command("sentinel", stdout=out)
    assert f"{len(CHECKS)} checks." in out.getvalue()
    assert f"checks 1/{len(CHECKS)}: stock levels that their ledger explains" in out.getvalue()
    StockLevel.objects.update(on_hand=11)
    with pytest.raises(CommandError, match=r"1 things need somebody:\n  .* says 11 on hand, its ledger 10"):
        call_command("sentinel", stdout=out)
