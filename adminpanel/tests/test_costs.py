"""The page of what a month costs."""

import pytest
from django.test import Client

from adminpanel.tests.builders import make_staff
from shop.operations.costs.bill import bill
from shop.operations.costs.inputs import Inputs, Traffic

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst() -> Client:
    client = Client()
    client.force_login(make_staff("analyst"))
    return client


def test_it_shows_the_bill_and_prices_what_is_asked(analyst: Client) -> None:
    html = analyst.get("/admin/costs/").content.decode()
    assert f"{bill(Inputs()).usd:.2f} USD a month" in html and "NAT gateway" in html
    asked = analyst.get("/admin/costs/?page_views=1000&orders=10&accounts=").content.decode()
    traffic = Traffic(page_views=1000, orders=10)
    assert f"{bill(Inputs(traffic)).usd:.2f} USD a month" in asked and 'value="1000"' in asked
    assert 'class="errorlist"' not in html + asked


@pytest.mark.parametrize(
    "wrong", ["page_views=-1", "products=nan", "products=100001", "staff_hours=25", "region=mars", "orders=x"]
)
def test_a_wrong_figure_is_told_beside_its_field_and_left_out(analyst: Client, wrong: str) -> None:
    answer = analyst.get(f"/admin/costs/?{wrong}")
    html = answer.content.decode()
    assert answer.status_code == 200 and 'class="errorlist"' in html
    assert f"{bill(Inputs()).usd:.2f} USD a month" in html


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("analyst", 200), ("warehouse", 403), ("marketing", 403)])
def test_owner_and_analyst_see_it(role: str, status: int) -> None:
    client = Client()
    client.force_login(make_staff(role))
    assert client.get("/admin/costs/").status_code == status
    assert client.post("/admin/costs/").status_code in (403, 405)
