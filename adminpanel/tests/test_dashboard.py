"""The staff home."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from adminpanel import dashboard
from adminpanel.charts import curve, nice_grid, spark
from adminpanel.tests.builders import make_staff, signed_in
from shop.core import clock
from shop.orders.models import Order, OrderLine


def make_paid(number: str, total: int, paid_at: datetime, quantity: int = 1) -> Order:
    order = Order.objects.create(
        number=number,
        placement_key=number,
        state=Order.State.PAID,
        email="ann@example.org",
        full_name="Ann Lee",
        country="GB",
        address="1 High Street",
        city="Leeds",
        currency="GBP",
        lines_total=total * quantity,
        delivery_total=0,
        grand_total=total * quantity,
        shipping_method="standard",
        shipping_name="Standard",
        placed_at=paid_at,
        paid_at=paid_at,
    )
    OrderLine.objects.create(
        order=order,
        sku="A",
        product_name="Quarry Linen Shirt",
        product_slug="quarry",
        colour_name="Sky",
        size_name="M",
        unit_price=total,
        quantity=quantity,
        line_total=total * quantity,
    )
    return order


@pytest.mark.django_db
def test_an_empty_shop_has_a_home_that_says_so() -> None:
    page = signed_in(make_staff("owner")).get(reverse("admin:index")).content.decode()
    assert "No orders yet." in page
    assert "Nothing is low." in page
    assert "Nothing sold in 60 days" in page


@pytest.mark.django_db
def test_the_home_takes_the_same_few_queries_however_much_was_sold() -> None:
    client = signed_in(make_staff("owner"))

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("admin:index")).status_code == 200
        return len(queries)

    count()
    empty = count()
    for index in range(12):
        make_paid(f"A-{index}", 5000, clock.now() - timedelta(days=index))
    assert count() == empty
    assert count() <= 12


@pytest.mark.django_db
def test_a_day_begins_at_midnight_in_london_also_in_summer() -> None:
    make_paid("LATE", 1000, datetime(2026, 7, 1, 22, 59, tzinfo=UTC))
    make_paid("EARLY", 2000, datetime(2026, 7, 1, 23, 0, tzinfo=UTC))
    now = timezone.localtime(datetime(2026, 7, 2, 11, 0, tzinfo=UTC))
    days = dashboard.daily(now)
    assert [(day.date, day.orders, day.revenue) for day in days[-2:]] == [
        (date(2026, 7, 1), 1, 1000),
        (date(2026, 7, 2), 1, 2000),
    ]
    assert len(days) == 60


@pytest.mark.django_db
def test_last_week_is_counted_up_to_the_same_time_of_day() -> None:
    make_paid("BEFORE", 1000, datetime(2026, 11, 15, 11, 59, tzinfo=UTC))
    make_paid("AFTER", 4000, datetime(2026, 11, 15, 12, 1, tzinfo=UTC))
    then = dashboard.week_ago(timezone.localtime(datetime(2026, 11, 22, 12, 0, tzinfo=UTC)))
    assert (then.orders, then.revenue) == (1, 1000)


@pytest.mark.django_db
def test_cancelled_orders_are_no_revenue_and_no_best_sellers() -> None:
    now = timezone.localtime(clock.now())
    make_paid("KEPT", 1000, clock.now(), quantity=2)
    gone = make_paid("GONE", 9000, clock.now(), quantity=5)
    Order.objects.filter(pk=gone.pk).update(state=Order.State.CANCELLED, cancelled_by_choice=True)
    assert sum(day.revenue for day in dashboard.daily(now)) == 2000
    assert [(row["product_name"], row["units"]) for row in dashboard.best_sellers(now)] == [("Quarry Linen Shirt", 2)]


@pytest.mark.django_db
def test_each_role_sees_only_its_own_part_of_the_home() -> None:
    order = make_paid("A7KM-29QX", 5000, clock.now())
    seen = {}
    for role in ("owner", "warehouse", "analyst", "marketing"):
        page = signed_in(make_staff(role)).get(reverse("admin:index")).content.decode()
        seen[role] = (order.number in page, "Best sellers" in page, "Events given up" in page)
    assert seen == {
        "owner": (True, True, True),
        "warehouse": (True, True, False),
        "analyst": (False, True, False),
        "marketing": (False, False, False),
    }


def test_a_figure_says_up_or_down_in_words() -> None:
    assert dashboard.figure("Orders", "3", 3, 2, [1, 2, 3]).change == "50% up"
    assert dashboard.figure("Orders", "1", 1, 2, [1]).change == "50% down"
    assert dashboard.figure("Orders", "1", 1, 0, [1]).change == "up from none"
    assert dashboard.figure("Orders", "0", 0, 0, []).change == "same as last week"


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(84, (150, 100, 50, 0)), (0, (3, 2, 1, 0)), (30, (30, 20, 10, 0)), (123456, (150000, 100000, 50000, 0))],
)
def test_the_grid_has_round_numbers_from_zero_to_above_the_highest(highest: int, ticks: tuple[int, ...]) -> None:
    assert nice_grid(highest).ticks == ticks


def test_a_curve_runs_from_left_to_right_with_zero_at_the_bottom() -> None:
    drawn = curve([0, 5, 10], 10)
    assert drawn.line == "M0 160 300 80 600 0"
    assert drawn.area == "M0 160 300 80 600 0 600 160 0 160z"
    assert spark([]).line == ""
    assert spark([4]).end == "M0 27h.01"
