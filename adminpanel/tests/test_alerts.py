"""Alerts in the staff site: seen by those they concern, closed by name."""

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.alerts.models import Alert
from shop.alerts.services import close_alerts, raise_alert
from shop.tests.builders import make_order

pytestmark = pytest.mark.django_db
LIST = "admin:shop_alert_changelist"


def page(alert: Alert) -> str:
    return reverse("admin:shop_alert_change", args=[alert.pk])


def money(key: str = "money", order_id: int | None = None) -> Alert:
    advice = "Ask the provider.\n\nThen <b>close</b>."
    return raise_alert(key=key, title=f"About {key}", advice=advice, order_id=order_id)


def shelf(key: str = "shelf") -> Alert:
    return raise_alert(key=key, title=f"About {key}", advice="Count it.", area=Alert.Area.STOCK)


def titles(client: Client, **query: str) -> list[str]:
    return [alert.key for alert in client.get(reverse(LIST), query).context["cl"].result_list]


def test_the_list_has_the_open_ones_first_and_filters_them() -> None:
    for key in ("a", "b", "c"):
        money(key)
    close_alerts("c")
    client = signed_in(make_staff("owner"))
    assert titles(client) == ["b", "a", "c"]
    assert titles(client, state="open") == ["b", "a"]
    assert titles(client, state="closed") == ["c"]


def test_an_alert_is_found_by_its_orders_number() -> None:
    order = make_order()
    money("a", order.pk)
    money("b")
    assert titles(signed_in(make_staff("owner")), q=order.number) == ["a"]


def test_the_page_says_what_to_do_and_leads_to_the_order() -> None:
    order = make_order()
    text = signed_in(make_staff("customer care")).get(page(money(order_id=order.pk))).content.decode()
    assert "<p>Then &lt;b&gt;close&lt;/b&gt;.</p>" in text
    assert reverse("admin:shop_order_change", args=[order.pk]) in text


def test_closing_notes_who_did_it_and_twice_does_nothing_more() -> None:
    alert, care = money(), make_staff("customer care")
    answer = signed_in(care).post(page(alert), follow=True)
    assert "1 alert closed." in answer.content.decode()
    alert.refresh_from_db()
    assert (alert.is_open, alert.closed_by) == (False, care)
    again = signed_in(make_staff("owner")).post(page(alert), follow=True)
    assert "None of these was open." in again.content.decode()
    alert.refresh_from_db()
    assert alert.closed_by == care


def test_several_are_closed_from_the_list() -> None:
    first, second, other = money("a"), money("b"), money("c")
    form = {"action": "close", "_selected_action": [first.pk, second.pk]}
    signed_in(make_staff("owner")).post(reverse(LIST), form)
    assert list(Alert.objects.open()) == [other]


def test_the_warehouse_sees_and_closes_what_is_about_stock_only() -> None:
    alert, about_stock = money(), shelf()
    client = signed_in(make_staff("warehouse"))
    assert titles(client) == ["shelf"]
    assert client.get(page(alert)).status_code == 404
    assert client.post(page(alert)).status_code == 404
    client.post(reverse(LIST), {"action": "close", "_selected_action": [alert.pk, about_stock.pk]})
    assert list(Alert.objects.open()) == [alert]


@pytest.mark.parametrize("role", ["catalogue", "marketing", "analyst"])
def test_other_roles_neither_see_nor_close_them(role: str) -> None:
    alert, client = money(), signed_in(make_staff(role))
    assert [client.get(page(alert)).status_code, client.post(page(alert)).status_code] == [403, 403]
    assert Alert.objects.open().count() == 1


def test_nobody_edits_or_deletes_one() -> None:
    alert, client = money(), signed_in(make_staff("owner"))
    assert client.post(reverse("admin:shop_alert_delete", args=[alert.pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:shop_alert_add")).status_code == 403


def test_the_home_counts_what_needs_doing_for_this_person() -> None:
    money()
    shelf()
    counts = {}
    for role in ("owner", "warehouse", "analyst"):
        queues = signed_in(make_staff(role)).get(reverse("admin:index")).context["queues"]
        counts[role] = [part.count for queue in queues for part in queue.parts if part.name == "Alerts"]
    assert counts == {"owner": [2], "warehouse": [1], "analyst": []}
