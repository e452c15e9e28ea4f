"""How sessions are written: once, under a key that was nobody's."""

from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.test import Client

from shop.accounts import session_store
from shop.accounts.models import User
from shop.accounts.session_store import SessionStore
from shop.accounts.tests.test_pages import sign_in
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


def test_a_new_session_is_written_once_with_all_it_holds(django_assert_num_queries: Any) -> None:
    session = SessionStore()
    session.create()
    session["note"] = "kept"
    assert not Session.objects.exists()
    with django_assert_num_queries(3):  # a savepoint around it
        session.save()
    assert SessionStore(session.session_key)["note"] == "kept"


def test_a_key_that_is_taken_is_left_to_whom_it_belongs(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = iter(["a" * 32, "a" * 32, "b" * 32])
    monkeypatch.setattr(session_store, "get_random_string", lambda *_: next(keys))
    first, second = SessionStore(), SessionStore()
    for session, owner in ((first, "Ada"), (second, "Bob")):
        session.create()
        session["owner"] = owner
        session.save()
    assert (first.session_key, second.session_key) == ("a" * 32, "b" * 32)
    assert [SessionStore(letter * 32)["owner"] for letter in "ab"] == ["Ada", "Bob"]


def test_another_key_takes_the_place_of_the_old_one_with_what_it_held() -> None:
    session = SessionStore()
    session["note"] = "kept"
    session.save()
    old = session.session_key
    session.cycle_key()
    session.save()
    assert session.session_key != old and not Session.objects.filter(session_key=old).exists()
    assert SessionStore(session.session_key)["note"] == "kept"


def test_a_session_that_was_ended_meanwhile_is_not_written_again() -> None:
    session = SessionStore()
    session.save()
    Session.objects.all().delete()
    session["note"] = "too late"
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


@pytest.mark.parametrize("spoilt", ["hash", "user", "backend", "password", "salt", "inactive"])
def test_whom_a_sign_in_names_is_believed_only_with_all_that_django_asks_for(client: Client, spoilt: str) -> None:
    alice, bob = make_user(), make_user("bob@example.org")
    in_session = {"hash": (HASH_SESSION_KEY, "f" * 64), "user": (SESSION_KEY, str(bob.pk))} | {
        "backend": (BACKEND_SESSION_KEY, "django.contrib.auth.backends.ModelBackend")
    }
    in_row: dict[str, dict[str, Any]] = {
        "password": {"password": "another"},
        "salt": {"session_salt": "x"},
        "inactive": {"is_active": False},
    }
    sign_in(client)
    session = client.session
    session.update(dict([in_session[spoilt]] if spoilt in in_session else []))
    session.save()
    User.objects.filter(pk=alice.pk).update(**in_row.get(spoilt, {"full_name": "Alice"}))
    assert client.get("/account/")["Location"].startswith("/account/login/")
