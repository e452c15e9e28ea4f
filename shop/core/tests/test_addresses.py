import pytest

from shop.core.addresses import country_choices, shape_of


@pytest.mark.parametrize(
    ("country", "typed", "written"),
    [
        ("GB", "e83pn", "E8 3PN"),
        ("GB", "  E8   3pn ", "E8 3PN"),
        ("GB", "SW1A-1AA", "SW1A 1AA"),
        ("GB", "M34 4AB", "M34 4AB"),
        ("US", "22162 1010", "22162-1010"),
        ("US", "95014", "95014"),
        ("PL", "00950", "00-950"),
        ("NL", "1234ab", "1234 AB"),
        ("IE", "a65f4e2", "A65 F4E2"),
        ("FR", "75 011", "75011"),
        ("CA", "h3z2y7", "H3Z 2Y7"),
        ("HK", "any thing", "ANY THING"),
    ],
)
def test_postcodes_are_written_as_their_country_does(country: str, typed: str, written: str) -> None:
    assert shape_of(country).postcode(typed) == written


@pytest.mark.parametrize(
    ("country", "typed"), [("GB", "E8 3"), ("GB", "E8 3PNX"), ("US", "9501"), ("DE", "ABCDE"), ("GB", "🧥"), ("GB", "")]
)
def test_a_postcode_that_cannot_be_is_none(country: str, typed: str) -> None:
    assert shape_of(country).postcode(typed) is None


def test_each_country_asks_for_its_own_fields() -> None:
    assert shape_of("GB").fields == {"address", "city", "postcode"}
    assert shape_of("GB").labels["city"] == "City"
    us = shape_of("US")
    assert us.required == {"address", "city", "region", "postcode"}
    assert us.labels == {"city": "City", "region": "State", "postcode": "ZIP code"}
    assert us.regions[:2] == ("Alabama", "Alaska")
    assert shape_of("IE").required == {"address", "city"}
    assert "postcode" not in shape_of("AE").fields
    assert shape_of("JP").regions[:2] == ("Hokkaido", "Aomori")
    assert len(shape_of("JP").regions) == 47


def test_countries_come_by_name_with_the_shops_own_first() -> None:
    codes = ["FR", "GB", "DE", "ZZ", "IE", "FR"]
    assert country_choices(codes, "GB") == [
        ("GB", "United Kingdom"),
        ("FR", "France"),
        ("DE", "Germany"),
        ("IE", "Ireland"),
    ]
