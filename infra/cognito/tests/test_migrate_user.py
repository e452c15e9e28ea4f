"""Who is moved into the user pool, and who is not. Over the shop's own tables."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

from infra.cognito.migrate_user import handler as trigger
from infra.cognito.migrate_user.handler import NotMoved, handler
from shop.accounts.models import User
from shop.accounts.security_models import TotpDevice
from shop.core import clock

pytestmark = pytest.mark.django_db

ANN, PASSWORD = "ann@example.com", "quarry linen in may"
SIGN_IN, FORGOT = "UserMigration_Authentication", "UserMigration_ForgotPassword"


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's connection is the test's own, so that it sees what the test wrote."""
    monkeypatch.setenv("DATABASE_URL", "postgresql:///shop")
    connection.ensure_connection()
    monkeypatch.setattr(psycopg, "connect", lambda url, connect_timeout: nullcontext(connection.connection))


def person(**changed: Any) -> User:
    fields = {"email_confirmed_at": clock.now(), "full_name": "Ann Archer", **changed}
    return User.objects.create_user(ANN, PASSWORD, **fields)


def event(source: str = SIGN_IN, password: str | None = PASSWORD, email: str = ANN) -> dict[str, Any]:
    """As Cognito sends it."""
    return {
        "version": "1",
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": "us-east-1_Shop12345",
        "userName": email,
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "shopclient"},
        "request": {"password": password, "validationData": None, "userAttributes": None},
        "response": {
            "userAttributes": None,
            "forceAliasCreation": None,
            "finalUserStatus": None,
            "messageAction": None,
            "desiredDeliveryMediums": None,
        },
    }


def refused(*events: dict[str, Any]) -> None:
    for sent in events:
        before = dict(sent["response"])
        with pytest.raises(NotMoved):
            handler(sent, None)
        if sent["triggerSource"] != SIGN_IN:
            assert sent["response"] == before


def test_who_signs_in_with_the_right_password_is_moved_with_it() -> None:
    person()
    answer = handler(event(), None)["response"]
    assert answer == {
        "userAttributes": {"email": ANN, "email_verified": "true", "name": "Ann Archer"},
        "finalUserStatus": "CONFIRMED",
        "messageAction": "SUPPRESS",
        "forceAliasCreation": None,
        "desiredDeliveryMediums": None,
    }


def test_who_forgot_the_password_is_moved_without_one() -> None:
    person(full_name="")
    answer = handler(event(FORGOT, None), None)["response"]
    assert answer["userAttributes"] == {"email": ANN, "email_verified": "true"}
    assert (answer["finalUserStatus"], answer["messageAction"]) == (None, "SUPPRESS")


def test_the_address_is_the_rows_and_not_what_was_typed() -> None:
    person()
    assert handler(event(email="ANN@Example.com"), None)["response"]["userAttributes"]["email"] == ANN


@pytest.mark.parametrize("password", ["", None, "another password", PASSWORD.upper(), PASSWORD + " ", "a" * 10_000])
def test_another_password_moves_nobody(password: str | None) -> None:
    person()
    refused(event(password=password))


@pytest.mark.parametrize("email", ["", "ben@example.com", "' OR 1=1 --", "%"])
def test_nobody_is_not_moved(email: str) -> None:
    person()
    refused(event(email=email), event(FORGOT, None, email))


@pytest.mark.parametrize(
    "changed",
    [
        {"email_confirmed_at": None},
        {"is_active": False},
        {"erased_at": clock.now()},
        {"subject": "5f6c4a0e-1111-4222-8333-444455556666"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_who_could_not_sign_in_at_the_shop_is_not_moved(changed: dict[str, Any]) -> None:
    person(**changed)
    refused(event(), event(FORGOT, None))


def test_nobody_loses_the_second_step_by_moving() -> None:
    TotpDevice.objects.create(user=person(), secret="sealed")
    refused(event(), event(FORGOT, None))


def test_an_account_without_a_password_is_moved_only_by_mail() -> None:
    User.objects.create_user(ANN, None, email_confirmed_at=clock.now())
    refused(event())
    handler(event(FORGOT, None), None)


@pytest.mark.parametrize("source", ["PreSignUp_SignUp", "UserMigration_Other", ""])
def test_other_triggers_move_nobody(source: str) -> None:
    person()
    refused(event(source))


def test_as_much_is_hashed_for_nobody_as_for_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def wrong(password: str, known: str) -> bool:
        hashed.append(known)
        return False

    monkeypatch.setattr(trigger, "check_password", wrong)
    person()
    refused(event(), event(email="ben@example.com"))
    assert [known == "!" for known in hashed] == [False, True]


def test_the_function_stands_alone_and_reads_what_the_shop_wrote() -> None:
    """As on Lambda: without the shop's code and settings."""
    script = (
        "import sys; from handler import Person, right\n"
        "ann = Person('ann@example.com', sys.argv[1], '')\n"
        "print(right(ann, sys.argv[2]), right(ann, 'another'), right(None, 'any'))"
    )
    stored = Argon2PasswordHasher().encode(PASSWORD, "salt" * 6)
    folder = Path(trigger.__file__).parent
    command = [sys.executable, "-c", script, stored, PASSWORD]
    said = subprocess.run(command, cwd=folder, env={"PATH": ""}, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True", "False", "False"]
