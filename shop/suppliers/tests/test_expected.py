"""When what is sold out comes back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from shop.suppliers import ordering
from shop.suppliers.expected import expected
from shop.suppliers.tests.builders import make_confirmed, make_sent
from shop.tests.builders import make_order, make_variant
from shop.warehouse.moving_models import BackOrder

pytestmark = pytest.mark.django_db


def test_only_what_a_supplier_has_confirmed_is_expected() -> None:
    variant = make_variant(stock=0)
    make_sent(variant)
    assert expected([variant.pk]) == {}
    make_confirmed(variant, days=20, units=9)
    make_confirmed(variant, days=14, units=5)
    day = timezone.localdate() + timedelta(days=14)
    assert expected([variant.pk]) == {variant.pk: (day, 5)}


def test_those_who_wait_take_the_first_units() -> None:
    variant = make_variant(stock=0)
    make_confirmed(variant, days=14, units=5)
    make_confirmed(variant, days=20, units=9)
    line = make_order(variant).lines.get()
    BackOrder.objects.create(order_line=line, variant=variant, quantity=6)
    assert expected([variant.pk]) == {variant.pk: (timezone.localdate() + timedelta(days=20), 8)}


def test_a_day_that_is_over_and_a_cancelled_order_promise_nothing() -> None:
    late, gone = make_variant(stock=0), make_variant(stock=0)
    make_confirmed(late).lines.update(confirmed_on=timezone.localdate() - timedelta(days=1))
    ordering.cancel(make_confirmed(gone).pk, actor=None, reason="no")
    assert expected([late.pk, gone.pk]) == {}


def test_the_product_page_says_when_it_is_back(client: Client) -> None:
    variant = make_variant(stock=0)
    page = variant.product.get_absolute_url()
    assert "Back about" not in client.get(page).content.decode()
    make_confirmed(variant, days=14)
    day = timezone.localdate() + timedelta(days=14)
    assert f"Sold out in sky, M. Back about {day.day} {day:%B}" in client.get(page).content.decode()
