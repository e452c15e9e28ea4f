"""What staff hear from a supplier goes into its purchase order."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from adminpanel.tests.builders import make_staff, signed_in
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine, PurchaseProposal
from shop.suppliers.tests.builders import make_confirmed, make_sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff())


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def say(client: Client, line: PurchaseOrderLine, units: object, day: date | str, follow: bool = True):  # type: ignore[no-untyped-def]
    form = {f"q{line.pk}": units, f"d{line.pk}": day, f"n{line.pk}": "Maria, by telephone"}
    return client.post(f"/admin/shop/purchaseorder/{line.order_id}/said/", form, follow=follow)


def as_it_is(line: PurchaseOrderLine) -> tuple[str, int | None, date | None]:
    line = PurchaseOrderLine.objects.select_related("order").get(pk=line.pk)
    return line.order.state, line.confirmed_quantity, line.confirmed_on


def test_it_confirms_a_sent_order(owner: Client) -> None:
    line = make_sent().lines.get()
    assert "What the supplier says" in say(owner, line, 18, in_days(9)).content.decode()
    assert as_it_is(line) == ("confirmed", 18, in_days(9))
    assert PurchaseOrder.objects.get().notes.filter(actor=None, to_state="confirmed").count() == 0


def test_a_new_day_of_a_confirmed_order_is_kept_as_an_accepted_proposal_once(owner: Client) -> None:
    line = make_confirmed(days=5).lines.get()
    for _ in range(2):
        say(owner, line, 20, in_days(30))
    assert as_it_is(line) == ("confirmed", 20, in_days(30))
    kept = PurchaseProposal.objects.get()
    assert (kept.state, kept.channel, kept.note) == ("accepted", "staff", "Maria, by telephone")


def test_a_day_that_is_over_may_stay_while_another_line_changes(owner: Client) -> None:
    line = make_confirmed(days=5).lines.get()
    PurchaseOrderLine.objects.update(confirmed_on=in_days(-3))
    assert say(owner, line, 20, in_days(-3)).status_code == 200
    assert not PurchaseProposal.objects.exists()


@pytest.mark.parametrize(
    ("units", "days", "words"),
    [(21, 9, "20 at most"), (2, 9, "3 of these have come already"), (9, -1, "has passed"), ("", 9, "Say how many")],
)
def test_what_cannot_be_is_refused_beside_its_field(owner: Client, units: object, days: int, words: str) -> None:
    line = make_confirmed(days=5).lines.get()
    PurchaseOrderLine.objects.update(received=3)
    PurchaseOrder.objects.update(state="partly-received")
    answer = say(owner, line, units, in_days(days))
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert as_it_is(line) == ("partly-received", 20, in_days(5))


def test_an_order_that_is_over_takes_no_answer(owner: Client) -> None:
    line = make_confirmed(days=5).lines.get()
    PurchaseOrder.objects.update(state="closed")
    say(owner, line, 10, in_days(9))
    assert as_it_is(line) == ("closed", 20, in_days(5))
