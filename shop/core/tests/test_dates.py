from datetime import date

import pytest

from shop.core.dates import day_span


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 11, 25), date(2026, 11, 27), "Wed 25 to Fri 27 November"),
        (date(2026, 11, 30), date(2026, 12, 2), "Mon 30 November to Wed 2 December"),
        (date(2026, 12, 31), date(2027, 12, 31), "Thu 31 December to Fri 31 December"),
        (date(2026, 11, 24), date(2026, 11, 24), "Tue 24 November"),
    ],
)
def test_a_span_of_days_names_the_month_once_where_it_can(first: date, last: date, text: str) -> None:
    assert day_span(first, last) == text
