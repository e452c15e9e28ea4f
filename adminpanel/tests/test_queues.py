"""The work that waits on the staff home."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from adminpanel import queues
from adminpanel.queues import BOUND, SOURCES, Queue, Source, bounded, waiting
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.one_of_each import one_of_each
from shop.alerts.models import Alert
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.packing.models import PackingTask
from shop.payments.models import Dispute, PaymentAttempt, Refund
from shop.returns.models import Return
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseProposal
from shop.warehouse.moving_models import BackOrder, StockCount, Transfer

pytestmark = pytest.mark.django_db

# What makes the one row that there is of a table wait in that source.
WAITS: dict[str, tuple[Any, dict[str, Any]]] = {
    "Purchase orders": (PurchaseOrder, {"state": "sent"}),
    "Purchase orders drafted": (PurchaseOrder, {"state": "draft"}),
    "Transfers": (Transfer, {"state": "in-transit"}),
    "Returns": (Return, {"state": "approved"}),
    "Returns asked": (Return, {"state": "requested"}),
    "Returns to pay back": (Return, {"state": "received"}),
    "Stock counts": (StockCount, {"state": "counted"}),
    "Orders in review": (Order, {"state": "review"}),
    "Payments in review": (PaymentAttempt, {"state": "review"}),
    "Payments overdue": (Order, {"state": "pending", "hold_until": clock.now() - timedelta(hours=1)}),
    "Supplier proposals": (PurchaseProposal, {"state": "open"}),
    "Refunds on their way": (Refund, {"state": "pending"}),
    "Disputes": (Dispute, {"closed_at": None}),
    "Mails not sent": (OutgoingMail, {"state": "failed"}),
    "Back orders late": (BackOrder, {"promised_on": clock.now().date() - timedelta(days=2)}),
    "Events given up": (OutboxEvent, {"state": "dead"}),
}


def by_name(found: list[Queue]) -> dict[str, Queue]:
    return {queue.name: queue for queue in found}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source.pile}: {source.name}")
def test_each_source_leads_to_the_list_of_just_its_rows(source: Source) -> None:
    one_of_each()
    if source.name in WAITS:
        model, state = WAITS[source.name]
        model.objects.filter(pk=model.objects.order_by("pk").first().pk).update(**state)
    owner = make_staff("owner")
    waits = source.rows(owner).count()
    assert waits >= 1
    part = next(part for queue in queues.queues(owner) for part in queue.parts if part.link == source.link)
    assert part.count == waits
    client = signed_in(owner)
    assert client.get(source.link).context["cl"].result_count == waits
    page = client.get(reverse("admin:index")).content.decode()
    assert f'href="{source.link.replace("&", "&amp;")}"' in page
    row = source.query(0, owner)[0]
    assert client.get(reverse(f"admin:shop_{source.model}_change", args=[row[1]])).status_code == 200


def test_rights_decide_which_piles_somebody_has() -> None:
    piles = {
        role: {queue.name: [part.name for part in queue.parts] for queue in queues.queues(make_staff(role))}
        for role in ("owner", "warehouse", "customer care", "catalogue", "marketing", "analyst")
    }
    assert list(piles["owner"]) == ["To pack", "To ship", "To receive", "To approve", "To answer", "To watch"]
    assert piles["warehouse"] == {
        "To pack": ["Parcels"],
        "To ship": ["Parcels"],
        "To receive": ["Purchase orders", "Transfers", "Returns"],
        "To approve": ["Stock counts"],
        "To answer": ["Alerts"],
    }
    assert piles["customer care"] == {
        "To approve": ["Returns asked", "Returns to pay back", "Orders in review", "Payments in review"],
        "To answer": ["Disputes", "Alerts"],
        "To watch": ["Payments overdue", "Refunds on their way", "Back orders late", "Mails not sent"],
    }
    assert (piles["catalogue"], piles["marketing"], piles["analyst"]) == ({}, {}, {})


def test_all_piles_are_read_by_one_query() -> None:
    one_of_each()
    owner = make_staff("owner")
    owner.has_perms(["shop.view_order"])
    with CaptureQueriesContext(connection) as queries:
        queues.queues(owner)
    assert len(queries) == 1


def test_what_is_due_first_comes_first_and_what_is_past_it_is_late() -> None:
    one_of_each()
    first = PackingTask.objects.get()
    today = timezone.localdate(clock.now())
    orders = [first.order, *(make_copy(first.order, f"B000-000{n}") for n in range(4))]
    PackingTask.objects.all().delete()
    days = (today, today - timedelta(days=2), None, today + timedelta(days=3), today - timedelta(days=1))
    for order, day in zip(orders, days, strict=True):
        PackingTask.objects.create(order=order, location=first.location, send_by=day)
    pack = by_name(queues.queues(make_staff("warehouse")))["To pack"]
    assert (pack.number, pack.late_words) == ("5", "2 late")
    assert [(row.due, row.is_late) for row in pack.oldest] == [
        (today - timedelta(days=2), True),
        (today - timedelta(days=1), True),
        (today, False),
    ]


def make_copy(order: Order, number: str) -> Order:
    copy = Order.objects.get(pk=order.pk)
    copy.pk, copy.number, copy.key, copy.placement_key = None, number, number, number
    copy._state.adding = True
    copy.save()
    return copy


def test_a_pile_is_counted_no_further_than_its_bound() -> None:
    Alert.objects.bulk_create(Alert(key=str(n), title="Short", advice="Count") for n in range(BOUND + 20))
    answer = by_name(queues.queues(make_staff("owner")))["To answer"]
    assert (answer.number, answer.parts[-1].number, answer.parts[-1].count) == ("99+", "99+", BOUND)


def test_who_sees_no_money_has_no_alerts_about_it_in_their_pile() -> None:
    Alert.objects.create(area=Alert.Area.MONEY, key="m", title="Money is missing", advice="Look")
    Alert.objects.create(area=Alert.Area.STOCK, key="s", title="A piece is missing", advice="Count")
    told = {role: by_name(queues.queues(make_staff(role)))["To answer"].oldest for role in ("owner", "warehouse")}
    assert {row.label for row in told["owner"]} == {"Money is missing", "A piece is missing"}
    assert {row.label for row in told["warehouse"]} == {"A piece is missing"}


def test_empty_piles_say_so_in_words_and_who_has_none_is_told() -> None:
    page = signed_in(make_staff("warehouse")).get(reverse("admin:index")).content.decode()
    for words in ("Nothing to pack.", "Every packed parcel has left.", "Nothing is on its way to us."):
        assert words in page
    assert (
        "Your role has no work queue." in signed_in(make_staff("analyst")).get(reverse("admin:index")).content.decode()
    )


def test_counts_and_waits_in_words() -> None:
    assert [bounded(0), bounded(99), bounded(100)] == ["0", "99", "99+"]
    now = clock.now()
    spans = (timedelta(0), timedelta(minutes=59), timedelta(hours=47), timedelta(hours=49), timedelta(seconds=-5))
    assert [waiting(now, now - span) for span in spans] == ["0 min", "59 min", "47 h", "2 days", "0 min"]
