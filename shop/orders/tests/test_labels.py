from datetime import date

import pytest

from shop.orders.labels import address_lines, delivery_days
from shop.orders.models import Order


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 25), date(2026, 11, 27), "Wed 25 to Fri 27 November"),
        (date(2026, 11, 30), date(2026, 12, 2), "Mon 30 November to Wed 2 December"),
        (date(2026, 11, 25), date(2026, 11, 25), "Wed 25 November"),
        (None, None, ""),
    ],
)
def test_delivery_days_are_written_as_people_say_them(first: date | None, last: date | None, words: str) -> None:
    assert delivery_days(Order(delivery_from=first, delivery_until=last)) == words


@pytest.mark.parametrize(
    ("country", "place", "lines"),
    [
        ("GB", {"city": "London", "postcode": "E8 3PN"}, ["LONDON", "E8 3PN", "UNITED KINGDOM"]),
        ("US", {"city": "Portland", "region": "OR", "postcode": "97201"}, ["PORTLAND, OR 97201", "UNITED STATES"]),
        ("DE", {"city": "Berlin", "postcode": "10115"}, ["10115 BERLIN", "GERMANY"]),
    ],
)
def test_an_address_is_written_as_its_country_wants_it(country: str, place: dict[str, str], lines: list[str]) -> None:
    order = Order(full_name="Sam Okafor", address="14 Navarino Road", address_extra="Flat 2", country=country, **place)
    assert address_lines(order) == ["Sam Okafor", "14 Navarino Road", "Flat 2", *lines]
