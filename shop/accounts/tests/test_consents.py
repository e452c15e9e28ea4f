import pytest
from django.test import Client

from shop.accounts.consents import NEWS_WORDS, carry, record
from shop.accounts.customer_models import Consent
from shop.accounts.tests.test_pages import ALICE, follow, link_in_last_mail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db
SIGN_UP, ACCOUNT = Consent.Source.SIGN_UP, Consent.Source.ACCOUNT


def history(email: str = "alice@example.org") -> list[tuple[bool, str]]:
    return list(Consent.objects.of(email).values_list("given", "source"))


def test_a_yes_is_kept_with_what_was_shown() -> None:
    alice = make_user()
    found = record(email=" Alice@Example.org ", given=True, source=SIGN_UP, user=alice)
    assert found is not None
    assert (found.email, found.words, found.user) == ("alice@example.org", NEWS_WORDS, alice)
    assert Consent.objects.standing("Alice@example.org", "news")


def test_taking_it_back_adds_a_row_and_changes_none() -> None:
    record(email="alice@example.org", given=True, source=SIGN_UP)
    record(email="alice@example.org", given=False, source=ACCOUNT)
    assert history() == [(False, "account"), (True, "sign-up")]
    assert not Consent.objects.standing("alice@example.org", "news")


@pytest.mark.parametrize("given", [True, False])
def test_saying_the_same_again_adds_nothing(given: bool) -> None:
    record(email="alice@example.org", given=True, source=SIGN_UP)
    record(email="alice@example.org", given=given, source=ACCOUNT)
    rows = history()
    assert record(email="alice@example.org", given=given, source=ACCOUNT) is None
    assert history() == rows


def test_a_box_left_empty_by_a_newcomer_is_no_row() -> None:
    assert record(email="alice@example.org", given=False, source=SIGN_UP) is None
    assert history() == []


def test_a_yes_moves_along_to_a_new_e_mail_and_leaves_the_old_one() -> None:
    alice = make_user("new@example.org")
    record(email="alice@example.org", given=True, source=SIGN_UP, user=alice)
    carry(alice, "alice@example.org")
    assert history("new@example.org") == [(True, "account")]
    assert history() == [(False, "account"), (True, "sign-up")]


def test_without_a_yes_nothing_moves() -> None:
    carry(make_user("new@example.org"), "alice@example.org")
    assert not Consent.objects.exists()


@pytest.mark.parametrize(("box", "rows"), [({"news": "on"}, [(True, "sign-up")]), ({}, [])])
def test_the_box_at_sign_up_counts_once_the_e_mail_is_confirmed(
    client: Client, box: dict[str, str], rows: list[tuple[bool, str]]
) -> None:
    client.post("/account/signup/", {**ALICE, **box})
    assert history() == []
    client.post(follow(client, link_in_last_mail()), {"password": ALICE["password"]})
    assert history() == rows
