"""Secrets become settings when the function starts."""

import json
from typing import Any
from uuid import uuid4

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectTimeoutError
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.backends.postgresql import base as postgresql

from shop.adapters import secrets
from shop.adapters.aws import client
from shop.adapters.postgres.base import DatabaseWrapper


def make(content: Any) -> str:
    """A secret with that content; its name."""
    name = f"aspireclothes/{uuid4()}"
    text = content if isinstance(content, str) else json.dumps(content)
    client("secretsmanager").create_secret(Name=name, SecretString=text)
    return name


def arn_of(name: str) -> str:
    return str(client("secretsmanager").describe_secret(SecretId=name)["ARN"])


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that AWS clients are asked for."""
    seen: list[str] = []
    before = BaseClient._make_api_call  # type: ignore[attr-defined]

    def noted(self: Any, operation: str, parameters: Any) -> Any:
        seen.append(operation)
        return before(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", noted)
    return seen


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """What AWS clients raise instead of answering."""
    faults: list[Exception] = []

    def raising(self: Any, operation: str, parameters: Any) -> Any:
        raise faults[0]

    monkeypatch.setattr(BaseClient, "_make_api_call", raising)
    return faults


def test_several_secrets_and_the_databases_come_in_one_call(cloud: str, calls: list[str]) -> None:
    shop, more = make({"SECRET_KEY": "s" * 50, "SITE_URL": "in the secret"}), make({"PORT": 5432})
    database = arn_of(make({"username": "shop", "password": "pä$$ word", "engine": "postgres"}))
    environment = {
        "AWS_ENDPOINT": cloud,
        "SECRETS": f"{shop}, {more}",
        "DATABASE_SECRET": database,
        "SITE_URL": "https://shop.example",
    }
    calls.clear()
    secrets.load(environment)
    assert calls == ["BatchGetSecretValue"]
    assert environment["SECRET_KEY"] == "s" * 50
    assert environment["SITE_URL"] == "https://shop.example", "the environment wins"
    assert environment["PORT"] == "5432"
    assert (environment["DATABASE_USER"], environment["DATABASE_PASSWORD"]) == ("shop", "pä$$ word")


def test_where_no_secret_is_named_nobody_is_asked(refused: list[Exception]) -> None:
    environment = {"DATABASE_URL": "postgresql://a", "DATABASE_SECRET": "not needed"}
    secrets.load(environment)
    assert len(environment) == 2


def test_a_secret_that_is_not_there_is_named(cloud: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="The secrets nothing/here cannot be read: there is none of that"):
        secrets.load({"AWS_ENDPOINT": cloud, "SECRETS": "nothing/here"})


@pytest.mark.parametrize("content", ["", "no JSON", "[1]", '{"A": {"B": 1}}', '"text"'])
def test_a_secret_that_is_no_object_of_texts_says_so_and_not_what_it_holds(content: str, cloud: str) -> None:
    name = make(content or " ")
    with pytest.raises(ImproperlyConfigured) as refusal:
        secrets.load({"AWS_ENDPOINT": cloud, "SECRETS": name})
    assert str(refusal.value) == f"The secret {name} is no JSON object of names and texts."


def test_a_databases_secret_without_a_login_is_named(cloud: str) -> None:
    name = make({"username": "shop"})
    with pytest.raises(ImproperlyConfigured, match="has no username and password"):
        secrets.load({"AWS_ENDPOINT": cloud, "DATABASE_SECRET": name})


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredTokenException", "the AWS credentials have expired"),
        ("ThrottlingException", "asked too often at the moment"),
        ("AccessDeniedException", "the role may not: it lacks"),
        ("SomethingNew", "SomethingNew"),
    ],
)
def test_a_refusal_says_what_is_wrong(code: str, words: str, cloud: str, refused: list[Exception]) -> None:
    refused.append(ClientError({"Error": {"Code": code, "Message": "told"}}, "BatchGetSecretValue"))
    with pytest.raises(ImproperlyConfigured, match=f"The secrets a, b cannot be read: .*{words}.* told"):
        secrets.load({"SECRETS": "a,b"})


def test_no_answer_says_so(cloud: str, refused: list[Exception]) -> None:
    refused.append(ConnectTimeoutError(endpoint_url="https://secretsmanager.example"))
    with pytest.raises(ImproperlyConfigured, match="ConnectTimeoutError"):
        secrets.load({"SECRETS": "a"})


def wrapper() -> DatabaseWrapper:
    return DatabaseWrapper({**connection.settings_dict, "USER": "shop", "PASSWORD": "old"}, alias="rotated")


class Database:
    """Lets in whoever has the newest password."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.tried: list[str] = []

    def connect(self, parameters: dict[str, Any]) -> str:
        self.tried.append(parameters["password"])
        if parameters["password"] != self.password:
            raise OperationalError('connection failed: FATAL:  password authentication failed for user "shop"')
        return "connected"


@pytest.fixture
def rotated(cloud: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database whose password is another than when the function started."""
    monkeypatch.setenv("AWS_ENDPOINT", cloud)
    monkeypatch.setenv("DATABASE_SECRET", make({"username": "shop", "password": "new"}))
    database = Database("new")
    monkeypatch.setattr("django.db.backends.postgresql.base.Database.OperationalError", OperationalError)
    monkeypatch.setattr(
        postgresql.DatabaseWrapper, "get_new_connection", lambda wrapped, given: database.connect(given)
    )
    return database


def test_a_login_refused_after_a_rotation_is_tried_with_the_new_password(rotated: Database) -> None:
    wrapped = wrapper()
    assert wrapped.get_new_connection({"user": "shop", "password": "old"}) == "connected"
    assert rotated.tried == ["old", "new"]
    assert wrapped.settings_dict["PASSWORD"] == "new", "the next connection begins with it"


def test_a_password_that_is_wrong_all_the_same_is_tried_once_more_only(rotated: Database) -> None:
    rotated.password = "another"
    with pytest.raises(OperationalError, match="password authentication failed"):
        wrapper().get_new_connection({"user": "shop", "password": "old"})
    assert rotated.tried == ["old", "new"]


def test_without_a_secret_a_refused_login_is_what_it_is(rotated: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_SECRET")
    with pytest.raises(OperationalError):
        wrapper().get_new_connection({"user": "shop", "password": "old"})
    assert rotated.tried == ["old"]
