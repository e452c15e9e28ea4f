"""Days that are promised: public holidays here and there, closed days, each way's own cut-off."""

from datetime import UTC, date, datetime, time

import pytest

from shop.delivery.days import add_working_days, dispatch_day, holidays_of
from shop.delivery.models import ShippingMethod
from shop.delivery.services import Load, offers
from shop.delivery.shipment_models import ShippingClosure
from shop.tests.builders import make_location, make_rate

CHRISTMAS_EVE = datetime(2026, 12, 24, 15, 0, tzinfo=UTC)


def test_nothing_leaves_on_a_public_holiday_or_its_substitute() -> None:
    # Saturday's Boxing Day is kept on Monday the 28th.
    assert dispatch_day(CHRISTMAS_EVE, closed=()) == date(2026, 12, 29)


def test_nothing_is_brought_on_a_public_holiday_of_the_country_it_goes_to() -> None:
    assert add_working_days(date(2026, 7, 13), 1, "FR") == date(2026, 7, 15)
    assert add_working_days(date(2026, 7, 13), 1, "GB") == date(2026, 7, 14)


def test_a_country_without_a_list_has_no_holidays() -> None:
    assert holidays_of("XX", 2026) == frozenset()


@pytest.mark.django_db
def test_nothing_leaves_on_a_closed_day() -> None:
    ShippingClosure.objects.create(day=date(2026, 11, 24), reason="Stock-taking")
    assert dispatch_day(datetime(2026, 11, 23, 15, 0, tzinfo=UTC)) == date(2026, 11, 25)


@pytest.mark.django_db
def test_each_way_of_delivery_has_its_own_cut_off() -> None:
    make_rate("standard", min_days=1, max_days=1)
    make_rate("late", min_days=1, max_days=1)
    ShippingMethod.objects.filter(code="late").update(cut_off=time(17, 0))
    monday = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    days = {offer.code: offer.first_day for offer in offers("GB", Load(0), monday)}
    assert days == {"standard": date(2026, 11, 25), "late": date(2026, 11, 24)}


@pytest.mark.django_db
def test_the_tightest_rate_that_fits_counts_and_what_fits_none_is_not_offered() -> None:
    make_rate("standard", 795, None, weight_to=10_000)
    make_rate("standard", 395, None, weight_to=2000, volume_to=8000)
    prices = [[offer.price for offer in offers("GB", Load(0, *size))] for size in
              [(2000, 8000), (2001, 0), (100, 8001), (10_001, 0)]]  # fmt: skip
    assert prices == [[395], [795], [795], []]


@pytest.mark.django_db
def test_what_is_fetched_says_where_and_from_when() -> None:
    make_rate("collect", 0, None, min_days=0, max_days=0)
    ShippingMethod.objects.filter(code="collect").update(collect_at=make_location("hackney"))
    (offer,) = offers("GB", Load(0), datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    assert offer.when == "Ready Mon 23 November, at Hackney"
