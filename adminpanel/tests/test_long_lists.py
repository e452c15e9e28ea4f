"""Lists of long tables, and several querysets in one."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from adminpanel import long_lists
from adminpanel.at_once import at_once
from adminpanel.long_lists import BoundedPaginator
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.one_of_each import one_of_each
from shop.alerts.models import Alert
from shop.alerts.services import raise_alert
from shop.checkout.tests.paying_builders import FakeProvider
from shop.core.money import Money
from shop.demo.multiply import Copies, multiply
from shop.events.models import OutboxEvent
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt, Refund
from shop.warehouse.models import Reservation, StockMovement

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if two rows were many."""
    monkeypatch.setattr(long_lists, "MOST_COUNTED", 2)
    monkeypatch.setattr(long_lists, "ROWS_LOOKED_AT", 2)


def raise_alerts(count: int) -> None:
    for number in range(count):
        raise_alert(key=f"k{number}", title=f"Matter {number}", advice="Look.")


def test_a_list_counts_only_so_far_and_says_that_there_is_more(few: None) -> None:
    raise_alerts(3)
    pages = BoundedPaginator(Alert.objects.all(), 1)
    assert (pages.count, pages.has_more, pages.num_pages) == (2, True, 2)
    page = signed_in(make_staff("owner")).get(reverse("admin:shop_alert_changelist")).content.decode()
    assert "the first 2 of many alerts: narrow the list by a filter or a search" in " ".join(page.split())


def test_a_list_that_is_counted_whole_says_how_many_there_are(few: None) -> None:
    raise_alerts(2)
    pages = BoundedPaginator(Alert.objects.all(), 1)
    assert (pages.count, pages.has_more) == (2, False)


def test_nothing_is_done_to_all_rows_of_a_list_that_nobody_counted(few: None) -> None:
    raise_alerts(3)
    client, url = signed_in(make_staff("owner")), reverse("admin:shop_alert_changelist")
    sent = {"action": "close", "select_across": "1", ACTION_CHECKBOX_NAME: [Alert.objects.first().pk]}  # type: ignore[union-attr]
    refused = client.post(url, sent, follow=True)
    assert "Narrow the list by a filter or a search first." in refused.content.decode()
    assert Alert.objects.open().count() == 3
    Alert.objects.filter(title="Matter 0").delete()
    client.post(url, sent, follow=True)
    assert Alert.objects.open().count() == 0


def test_a_filter_offers_what_the_newest_rows_have(few: None) -> None:
    for name in ("OrderPaid", "OrderShipped", "OrderPlaced"):
        OutboxEvent.objects.create(name=name, detail={})
    response = signed_in(make_staff("owner")).get(reverse("admin:shop_outboxevent_changelist"))
    (choices,) = [spec for spec in response.context["cl"].filter_specs if spec.title == "name"]
    assert list(choices.lookup_choices) == ["OrderPlaced", "OrderShipped"]


def test_rows_of_several_tables_come_as_they_are_by_one_query(
    fake: FakeProvider, django_assert_num_queries: Any
) -> None:
    order: Any = one_of_each()[Order]
    wanted: list[Any] = [
        Order.objects.filter(pk=order.pk),
        PaymentAttempt.objects.filter(order=order),
        Refund.objects.select_related("attempt", "actor"),
        OrderLine.objects.none(),
        OrderLine.objects.filter(order=order).select_related("variant__product"),
        order.documents.defer("content"),
        OutboxEvent.objects.order_by("created_at"),
        order.taxes.all(),
    ]
    with django_assert_num_queries(1):
        found = at_once(*wanted)
    assert [[as_dict(row) for row in rows] for rows in found] == [[as_dict(row) for row in rows] for rows in wanted]
    line = found[4][0]
    with django_assert_num_queries(0):
        assert (line.variant.product.name, found[2][0].actor) == (line.product_name, None)
    assert type(line.tax_rate) is Decimal
    assert found[0][0].total == Money(order.grand_total, order.currency)


def as_dict(row: Any) -> dict[str, Any]:
    kept = {name: value for name, value in row.__dict__.items() if not name.startswith("_")}
    return {**kept, **{name: value.pk for name, value in row._state.fields_cache.items() if value}}


def test_copies_belong_to_each_other_as_their_originals_do(fake: FakeProvider) -> None:
    order: Any = one_of_each()[Order]
    held = Reservation.objects.get(order_line__order=order)
    multiply(Copies(3))
    copies = list(Order.objects.exclude(pk=order.pk).order_by("pk"))
    assert [copy.number for copy in copies] == [f"{order.number}{number}" for number in (1, 2, 3)]
    for copy in copies:
        twin = Reservation.objects.get(order_line__order=copy)
        assert twin.level_id != held.level_id
        assert twin.level.variant.sku.startswith(held.level.variant.sku)
        assert copy.payment_attempts.count() == order.payment_attempts.count()
        assert OutboxEvent.objects.about_order(copy.pk).count() == OutboxEvent.objects.about_order(order.pk).count()
        moved = StockMovement.objects.filter(document=copy.number).count()
        assert moved == StockMovement.objects.filter(document=order.number).count()


@pytest.mark.parametrize("key", ["abc", "a\0b", "", "9" * 5000])
def test_what_is_no_key_of_a_row_is_told_and_nothing_is_done(few: None, key: str) -> None:
    raise_alerts(1)
    url = reverse("admin:shop_alert_changelist")
    answer = signed_in(make_staff("owner")).post(url, {"action": "close", ACTION_CHECKBOX_NAME: [key]}, follow=True)
    assert "Choose rows of this list." in answer.content.decode()
    assert Alert.objects.open().count() == 1
