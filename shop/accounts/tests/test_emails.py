"""What is taken for an e-mail address."""

import pytest
from django.core.exceptions import ValidationError

from shop.accounts.emails import EmailField, clean_email


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Sam@Example.COM ", "sam@example.com"),
        ("o'brien+shop@mail.example.co.uk", "o'brien+shop@mail.example.co.uk"),
        ("sam@bücher.example", "sam@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert clean_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "sam",
        "sam@",
        "sam@example",
        "sam example@example.com",
        "sam@example.com\nBcc: all@example.com",
        "sam@example.com,bob@example.com",
        "Sam <sam@example.com>",
        "sаm@example.com",
        "ｓam@example.com",
        "sam@ｅxample.com",
        "ﬁsam@example.com",
        "sam@exa\u200bmple.com",
        "sam@" + "a" * 64 + ".com",
        "sam@é" + "x" * 300 + ".com",
        "s" * 250 + "@example.com",
    ],
)
def test_what_could_be_taken_for_another_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        clean_email(typed)


@pytest.mark.parametrize("typed", ["a\0b@example.com", "x" * 5000, "a\0" + "x" * 400])
def test_the_field_has_words_for_whatever_is_typed(typed: str) -> None:
    with pytest.raises(ValidationError, match="Enter your email in full"):
        EmailField().clean(typed)
