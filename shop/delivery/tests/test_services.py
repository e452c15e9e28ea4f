from datetime import UTC, date, datetime

import pytest

from shop.delivery import days, services
from shop.delivery.models import ShippingMethod
from shop.tests.builders import make_rate

SUNDAY = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "leaves"),
    [
        (datetime(2026, 11, 23, 13, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 11, 27, 14, 0, tzinfo=UTC), date(2026, 11, 30)),
        (SUNDAY, date(2026, 11, 23)),
        # 13:30 UTC is half past two in the British summer.
        (datetime(2026, 7, 20, 13, 30, tzinfo=UTC), date(2026, 7, 21)),
    ],
)
def test_orders_leave_on_working_days_before_the_cut_off(moment: datetime, leaves: date) -> None:
    assert days.dispatch_day(moment, closed=()) == leaves


def test_working_days_jump_the_weekend() -> None:
    assert days.add_working_days(date(2026, 11, 26), 3) == date(2026, 12, 1)
    assert days.add_working_days(date(2026, 11, 26), 0) == date(2026, 11, 26)


@pytest.mark.django_db
def test_offers_are_priced_by_country_and_threshold() -> None:
    make_rate("standard", 395, 7500)
    make_rate("express", 695, None, min_days=1, max_days=1)
    make_rate("standard", 1200, None, countries=["FR", "DE"], min_days=3, max_days=6)
    home = services.offers("GB", services.Load(7499), SUNDAY)
    assert [(o.code, o.price, o.days) for o in home] == [
        ("standard", 395, "Wed 25 to Fri 27 November"),
        ("express", 695, "Tue 24 November"),
    ]
    assert [(o.price, o.price_text) for o in services.offers("GB", services.Load(7500), SUNDAY)] == [
        (0, "Free"),
        (695, "£6.95"),
    ]
    assert [(o.price, o.days) for o in services.offers("FR", services.Load(7500), SUNDAY)] == [
        (1200, "Thu 26 November to Tue 1 December")
    ]
    assert services.offers("US", services.Load(7500), SUNDAY) == []


@pytest.mark.django_db
def test_a_method_that_is_switched_off_is_offered_nowhere() -> None:
    make_rate("standard")
    make_rate("express", countries=["US"])
    assert services.countries() == {"GB", "US"}
    ShippingMethod.objects.filter(code="express").update(is_active=False)
    assert services.countries() == {"GB"}
    assert services.offers("US", services.Load(0)) == []


@pytest.mark.django_db
def test_the_first_of_two_rates_for_a_country_counts() -> None:
    make_rate("standard", 395)
    make_rate("standard", 100)
    assert [o.price for o in services.offers("GB", services.Load(0))] == [395]
