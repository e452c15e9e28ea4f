"""The flight recorder: nothing that happened to an order is missing, and everybody sees what they may."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from adminpanel.order_rows import rows_of
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.timeline import timeline
from shop.adapters.payments import ProviderUnavailable, WebhookEvent
from shop.alerts.services import close_alerts, raise_alert
from shop.checkout.announced import process_event
from shop.checkout.paying import start_payment
from shop.checkout.sync import sync
from shop.checkout.tests.paying_builders import FakeProvider, attempt_of, place
from shop.core import clock
from shop.events.relay import relay
from shop.mail.services import send_due_mail
from shop.orders import services as orders
from shop.orders.models import Order
from shop.orders.record_models import OrderHold, OrderRequest
from shop.payments import services as payments
from shop.payments.models import Dispute, PaymentAttempt, Refund, RefundLine
from shop.tests.builders import make_user

PAID = {"status": "complete", "payment_status": "paid", "intent_id": "pi_1", "intent_status": "succeeded"}


def kinds(order: Order) -> list[tuple[str, str]]:
    return [(entry.kind.word, entry.title) for entry in timeline(rows_of(order))]


def went_through_everything(fake: FakeProvider) -> Order:
    """Placed, a provider that did not answer, paid, told twice, mailed, disputed, partly refunded, with an alert."""
    order = place()
    orders.note_request(order, OrderRequest.What.PLACED, "the payment page could not be had")
    fake.errors = [ProviderUnavailable("timed out")]
    with pytest.raises(Exception, match="could not reach"):
        start_payment(attempt_of(order).pk)
    start_payment(attempt_of(order).pk)
    attempt = attempt_of(order)
    fake.says(attempt, **PAID)
    session = {"id": attempt.session_id, "metadata": {"attempt": str(attempt.pk)}}
    event = WebhookEvent(
        "evt_1", "checkout.session.completed", {"data": {"object": session}}, attempt.session_id, str(attempt.pk)
    )
    for _ in range(2):
        process_event(payments.store_event("stripe", event))
    relay()
    send_due_mail()
    attempt = attempt_of(order)
    disputed = {"amount": 500, "currency": "GBP", "reason": "fraudulent"}
    Dispute.objects.create(attempt=attempt, provider_id="dp_1", state="won", closed_at=clock.now(), **disputed)
    OrderHold.objects.create(order=order, kind=OrderHold.Kind.DISPUTE, source="dp_1", lifted_at=clock.now())
    refund = Refund.objects.create(
        attempt=attempt, state="succeeded", reason="goodwill", amount=300, currency="GBP", done_at=clock.now()
    )
    line = order.lines.get()
    RefundLine.objects.create(refund=refund, order_line=line, quantity=1, amount=300)
    raise_alert(key="a", title="Look at it", advice="Ask the bank.", order_id=order.pk)
    close_alerts("a")
    return order


@pytest.mark.django_db(transaction=True)
def test_an_order_that_went_through_everything_shows_everything_in_time_order(fake: FakeProvider) -> None:
    order = went_through_everything(fake)
    sku = order.lines.get().sku
    entries = timeline(rows_of(order))
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert {(entry.kind.word, entry.title) for entry in entries} >= {
        ("Buyer", "Placed the order"),
        ("Order", "Awaiting payment"),
        ("Order", "Paid, after awaiting payment"),
        ("Stock", f"2 x {sku} held for this order"),
        ("Payment", "Payment of £159.95 begun with Stripe"),
        ("Payment", "£159.95 was taken"),
        ("We asked", "Open a payment page"),
        ("We asked", "How does the payment stand?"),
        ("Provider told", "The buyer finished the payment page"),
        ("Event", "Announced: order paid"),
        ("Event", "Orders (mail confirmation) reacted to: order paid"),
        ("Event", "Checkout (empty bag) reacted to: order paid"),
        ("Hold", "The buyer's bank disputes £5"),
        ("Hold", "The dispute over £5 ended: won"),
        ("Hold", "Must not be sent: payment disputed"),
        ("Hold", "May be sent again: payment disputed"),
        ("Document", f"Invoice {order.documents.get().number} written"),
        ("Refund", "Refund of £3 asked for"),
        ("Refund", "Refund of £3: refunded"),
        ("Alert", "Look at it"),
        ("Alert", "Closed: Look at it"),
    }
    mails = [entry.title.partition(":")[0] for entry in entries if entry.kind.word == "Mail"]
    assert mails == ["Queued", "Sent"]
    notes = {entry.title: entry.note for entry in entries}
    assert notes["Placed the order"] == "the payment page could not be had"
    told = next(entry for entry in entries if entry.kind.word == "Provider told")
    assert (told.note, ("Came", "2 times") in told.facts) == ("worked on", True)
    answers = [entry.note for entry in entries if entry.title == "Open a payment page"]
    assert answers == ["ProviderUnavailable: timed out", "open, unpaid"]


@pytest.mark.django_db(transaction=True)
def test_another_orders_history_is_its_own(fake: FakeProvider) -> None:
    went_through_everything(fake)
    other = place()
    assert kinds(other) == [
        ("Order", "Awaiting payment"),
        ("Payment", "Payment of £159.95 begun with Stripe"),
        ("Stock", f"2 x {other.lines.get().sku} held for this order"),
    ]


@pytest.mark.django_db(transaction=True)
def test_it_takes_the_same_queries_however_much_happened(fake: FakeProvider) -> None:
    def count(order: Order) -> int:
        with CaptureQueriesContext(connection) as queries:
            timeline(rows_of(order))
        return len(queries)

    long, short = went_through_everything(fake), place()
    first = count(long)
    for number in range(20):
        sync(attempt_of(long).pk)
        orders.note_request(long, OrderRequest.What.RETURNED, "paid")
        raise_alert(key=f"k{number}", title="Look", advice="Look", order_id=long.pk)
    assert first == count(long) == 1
    assert count(short) <= first


@pytest.mark.django_db
def test_times_are_the_shops_with_utc_beside_them() -> None:
    order = place_quietly()
    OrderRequest.objects.create(
        order=order, what="pay", outcome="closed", at=datetime(2026, 7, 1, 22, 59, 5, tzinfo=UTC)
    )
    text = page(make_client("owner"), order)
    assert '<time datetime="2026-07-01T23:59:05+01:00" title="2026-07-01 22:59:05.000000 UTC">23:59:05</time>' in text
    assert "Wednesday 1 July 2026" in text


@pytest.mark.django_db
def test_what_came_from_outside_is_shown_as_text() -> None:
    order = place_quietly()
    orders.note_request(order, OrderRequest.What.PAY, "<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)" in page(make_client("owner"), order)


@pytest.mark.django_db
def test_the_warehouse_sees_stock_and_holds_but_no_money() -> None:
    order = place_quietly()
    raise_alert(key="m", title="About money", advice="Look", order_id=order.pk)
    raise_alert(key="s", title="About the shelf", advice="Count", order_id=order.pk, area="stock")  # type: ignore[arg-type]
    OrderHold.objects.create(order=order, kind=OrderHold.Kind.REVIEW, source="prv_1")
    text = page(make_client("warehouse"), order)
    assert "held for this order" in text
    assert "Must not be sent" in text
    assert "About the shelf" in text
    for hidden in ("begun with Stripe", "About money", "Sync again"):
        assert hidden not in text


def place_quietly() -> Order:
    order = place()
    attempt_of(order)
    return order


def make_client(role: str) -> Client:
    return signed_in(make_staff(role))


def page(client: Client, order: Order) -> str:
    return client.get(reverse("admin:shop_order_change", args=[order.pk])).content.decode()


# --- Sync again ----------------------------------------------------------------------------------------------------


def sync_again(client: Client, order: Order) -> str:
    url = reverse("admin:shop_order_sync", args=[order.pk])
    return client.post(url, follow=True).content.decode()


@pytest.mark.django_db
def test_syncing_an_open_payment_brings_the_order_to_what_the_provider_says(fake: FakeProvider) -> None:
    order = place()
    start_payment(attempt_of(order).pk)
    fake.says(attempt_of(order), **PAID)
    assert "is paid (it was open here). It has ended." in sync_again(make_client("customer care"), order)
    order.refresh_from_db()
    assert order.state == Order.State.PAID


@pytest.mark.django_db
def test_syncing_again_and_again_changes_nothing_and_says_so(fake: FakeProvider) -> None:
    order = place()
    start_payment(attempt_of(order).pk)
    fake.says(attempt_of(order), **PAID)
    client = make_client("owner")
    sync_again(client, order)
    fake.calls.clear()
    before = kinds(order)
    assert "is settled (paid), so the provider was not asked again" in sync_again(client, order)
    assert (fake.calls, kinds(order)) == ([], before)


@pytest.mark.django_db
def test_syncing_an_ended_payment_finds_money_that_came_late(fake: FakeProvider) -> None:
    order = place()
    start_payment(attempt_of(order).pk)
    fake.says(attempt_of(order), status="expired")
    client = make_client("owner")
    assert "is expired (it was open here). It has ended." in sync_again(client, order)
    assert "is expired. It has ended." in sync_again(client, order)
    fake.says(attempt_of(order), **PAID)
    assert "is paid (it was expired here)" in sync_again(client, order)
    order.refresh_from_db()
    assert order.state == Order.State.PAID


@pytest.mark.django_db
def test_a_payment_whose_page_was_never_opened_has_nothing_to_ask(fake: FakeProvider) -> None:
    order = place()
    PaymentAttempt.objects.update(state="failed", created_at=clock.now() - timedelta(hours=1))
    assert "no payment page was ever opened" in sync_again(make_client("owner"), order)
    assert fake.calls == []


@pytest.mark.django_db
def test_the_button_is_a_form_with_a_token(fake: FakeProvider) -> None:
    order = place()
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("owner"))
    assert client.post(reverse("admin:shop_order_sync", args=[order.pk])).status_code == 403
    assert "Sync again with the provider" in page(client, order)
    assert (fake.calls, make_user().is_staff) == ([], False)
