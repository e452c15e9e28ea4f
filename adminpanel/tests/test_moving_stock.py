"""Transfers and counts in the staff site."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.catalog.models import ProductVariant
from shop.tests.builders import make_location, make_stock, make_variant
from shop.warehouse.counts import begin
from shop.warehouse.models import StockLevel
from shop.warehouse.moving_models import StockCount, Transfer, TransferLine

pytestmark = pytest.mark.django_db


def keeper() -> Client:
    return signed_in(make_staff("warehouse"))


def drafted(variant: ProductVariant, units: int = 4) -> Transfer:
    transfer = Transfer.objects.create(source=make_location(), destination=make_location("far", 1))
    TransferLine.objects.create(transfer=transfer, variant=variant, quantity=units)
    return transfer


def step(client: Client, row: Transfer | StockCount, word: str, **data: str) -> str:
    """The page after that button, as text."""
    url = reverse(f"admin:shop_{row._meta.model_name}_{word}", args=[row.pk])
    return client.post(url, data, follow=True).content.decode()


def test_a_transfer_is_drafted_sent_and_received_with_what_arrived() -> None:
    variant, client = make_variant(stock=10), keeper()
    form = {
        "source": make_location().pk,
        "destination": make_location("far", 1).pk,
        "lines-TOTAL_FORMS": "1",
        "lines-INITIAL_FORMS": "0",
        "lines-0-variant": variant.pk,
        "lines-0-quantity": "4",
    }
    client.post(reverse("admin:shop_transfer_add"), form)
    transfer = Transfer.objects.get()
    assert transfer.created_by is not None
    assert "is on its way" in step(client, transfer, "send")
    line = transfer.lines.get()
    arrived = {f"line-{line.pk}-received": "3", f"line-{line.pk}-damaged": "1"}
    assert "is received" in step(client, transfer, "receive", **arrived)
    assert list(StockLevel.objects.order_by("pk").values_list("on_hand", "damaged")) == [(6, 0), (3, 1)]


def test_a_transfer_to_where_it_is_or_of_one_piece_twice_is_refused_by_the_field() -> None:
    variant = make_variant(stock=10)
    form = {
        "source": make_location().pk,
        "destination": make_location().pk,
        "lines-TOTAL_FORMS": "2",
        "lines-INITIAL_FORMS": "0",
        **{f"lines-{number}-variant": variant.pk for number in range(2)},
        **{f"lines-{number}-quantity": "1" for number in range(2)},
    }
    page = keeper().post(reverse("admin:shop_transfer_add"), form).content.decode()
    assert "Choose another location" in page
    assert "duplicate" in page
    assert not Transfer.objects.exists()


@pytest.mark.parametrize("typed", ["", "some", "-1", "9" * 30])
def test_what_is_no_number_of_units_is_refused_in_words(typed: str) -> None:
    client, transfer = keeper(), drafted(make_variant(stock=10))
    step(client, transfer, "send")
    words = step(client, transfer, "receive", **{f"line-{transfer.lines.get().pk}-received": typed})
    assert "write how many units came" in words
    transfer.refresh_from_db()
    assert transfer.state == Transfer.State.IN_TRANSIT


def test_what_cannot_be_sent_says_why_and_a_second_click_does_nothing() -> None:
    client = keeper()
    short = drafted(make_variant(stock=1))
    assert "1 of 4 are free" in step(client, short, "send")
    transfer = drafted(make_variant(stock=10))
    step(client, transfer, "send")
    assert "in transit already" in step(client, transfer, "send")
    assert StockLevel.objects.get(variant__transfer_lines__transfer=transfer).on_hand == 6


def test_a_transfer_on_its_way_is_not_edited() -> None:
    client, transfer = keeper(), drafted(make_variant(stock=10))
    step(client, transfer, "send")
    url = reverse("admin:shop_transfer_change", args=[transfer.pk])
    assert client.post(url, {"note": "changed"}).status_code == 403
    assert "What arrived" in client.get(url).content.decode()


def test_a_count_is_begun_scanned_typed_and_approved() -> None:
    variant, other, client = make_variant(stock=10), make_variant(stock=5), keeper()
    client.post(reverse("admin:shop_stockcount_add"), {"location": make_location().pk})
    count = StockCount.objects.get()
    page = reverse("admin:shop_stockcount_change", args=[count.pk])
    assert f"{variant.sku}: 1 counted" in client.post(page, {"code": variant.sku}, follow=True).content.decode()
    line = count.lines.get(level__variant=other)
    client.post(page, {f"line-{line.pk}-counted": "4", f"line-{line.pk}-damaged": "1"})
    assert "wait for approval" in step(client, count, "finish")
    assert "is approved" in step(client, count, "approve")
    assert list(StockLevel.objects.order_by("pk").values_list("on_hand", "damaged")) == [(1, 0), (4, 1)]


def test_a_scan_whose_button_is_pressed_twice_counts_once_and_the_next_form_counts_again() -> None:
    client, variant = keeper(), make_variant(stock=5)
    count = begin(StockCount(location=make_location()))
    page = reverse("admin:shop_stockcount_change", args=[count.pk])
    keys = [re.findall(r'name="key" value="([^"]+)"', client.get(page).content.decode())[0] for _ in range(2)]
    for key in (keys[0], keys[0], keys[1]):
        client.post(page, {"code": variant.sku, "units": "1", "key": key})
    assert count.lines.get().counted == 2
    assert client.post(page, {"code": variant.sku, "key": "x" * 41}, follow=True).status_code == 200
    assert count.lines.get().counted == 2


def test_what_is_wrongly_scanned_or_typed_is_told_and_changes_nothing() -> None:
    variant, client = make_variant(stock=10), keeper()
    client.post(reverse("admin:shop_stockcount_add"), {"location": make_location().pk})
    count = StockCount.objects.get()
    page = reverse("admin:shop_stockcount_change", args=[count.pk])
    line = count.lines.get()
    for form, words in [
        ({"code": "nothing"}, "No piece has the SKU"),
        ({"code": ""}, "Scan or type"),
        ({"code": variant.sku, "units": "many"}, "Scan or type"),
        ({f"line-{line.pk}-counted": "-3"}, "whole number"),
        ({"line-x-counted": "3"}, "0 lines noted"),
    ]:
        assert words in client.post(page, form, follow=True).content.decode()
    line.refresh_from_db()
    assert line.counted is None


def test_a_count_that_waits_for_approval_shows_only_what_differs_when_asked() -> None:
    same, client = make_variant(stock=10), keeper()
    make_stock(make_variant(stock=0, sku="OTHER-1"), 5)
    client.post(reverse("admin:shop_stockcount_add"), {"location": make_location().pk})
    count = StockCount.objects.get()
    page = reverse("admin:shop_stockcount_change", args=[count.pk])
    client.post(page, {"code": same.sku, "units": "10"})
    client.post(page, {"code": "OTHER-1", "units": "4"})
    shown = client.get(page, {"show": "different"}).content.decode()
    assert "OTHER-1" in shown
    assert same.sku not in shown.split("<table")[1]


@pytest.mark.parametrize(
    "name", ["abcde12-counted", "line-\u0663-counted", f"line-{'9' * 30}-counted", "line--counted"]
)
def test_fields_that_no_count_has_are_passed_over(name: str) -> None:
    make_variant(stock=10)
    count = begin(StockCount(location=make_location()))
    url = reverse("admin:shop_stockcount_change", args=[count.pk])
    assert "0 lines noted" in keeper().post(url, {name: "3"}, follow=True).content.decode()
