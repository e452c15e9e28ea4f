"""What placing an order asks of the database, from the button to the redirect."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.catalog.listings import bump_version
from shop.checkout.tests.paying_builders import FakeProvider
from shop.orders.models import Order
from shop.tests.builders import make_product, make_rate, make_size, make_variant
from torture.counting import BRACKETS
from torture.shopper import Forms

# Statements on tables. Each further line of the bag has to cost nothing.
MOST = 24
WHO = {"email": "sam@example.com", "name": "Sam Okafor", "country": "GB", "phone": ""}
WHERE = {"address": "14 Navarino Road", "address2": "", "city": "London", "postcode": "E8 3PN"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lines", [1, 3])
def test_placing_an_order_takes_few_queries_however_many_lines_it_has(fake: FakeProvider, lines: int) -> None:
    make_rate()
    product = make_product()
    browser = Client(headers={"origin": "http://testserver"})
    for size in ("S", "M", "L")[:lines]:
        browser.post("/cart/add/", {"variant": make_variant(product, size=make_size(size)).pk})
    bump_version()  # as in every shop that listed something; without it the process keeps no catalogue
    browser.get("/shop/")
    page = browser.get("/checkout/").content.decode()
    form = next(fields for _, fields in Forms(page).found if "placement_key" in fields)
    with CaptureQueriesContext(connection) as queries:
        browser.post("/checkout/", form | WHO | WHERE)
    asked = [query["sql"] for query in queries if not query["sql"].startswith(BRACKETS)]
    assert Order.objects.get().lines.count() == lines
    assert len(asked) <= MOST, "\n".join(asked)
