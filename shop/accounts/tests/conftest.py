"""Who may keep the identities, each ready to be asked: the shop itself, and a user pool."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from sandbox.cloud.server import REGION
from sandbox.cognito import server, stricter
from sandbox.cognito.server import Pool
from shop.accounts.models import User
from shop.adapters import cognito_tokens
from shop.adapters.accounts import AccountsProvider, accounts
from shop.mail.models import OutgoingMail

POOL_SETTINGS = {
    "AWS_ACCESS_KEY_ID": "sandbox",
    "AWS_SECRET_ACCESS_KEY": "sandbox",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True)
class Keeper:
    """code: the newest one mailed to an address, of a purpose (confirm, reset, change); empty where there is none."""

    provider: AccountsProvider
    code: Callable[[str, str], str]
    disable: Callable[[str], None]


@pytest.fixture(scope="session")
def cognito_address() -> str:
    return server.serve()


@pytest.fixture
def pool(cognito_address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """An empty user pool, over HTTP, that the shop's settings name."""
    for name, value in POOL_SETTINGS.items():
        monkeypatch.setenv(name, value)
    made = server.make_pool(cognito_address)
    settings.ACCOUNTS_PROVIDER = settings.ACCOUNTS_ADAPTERS["cognito"]
    settings.COGNITO_ENDPOINT, settings.COGNITO_REGION = made.address, REGION
    settings.COGNITO_POOL_ID = made.pool_id
    settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = made.client_id, made.client_secret
    monkeypatch.setattr(cognito_tokens, "_keys", {})
    monkeypatch.setattr(stricter, "letters", [])
    return made


@pytest.fixture
def cognito(pool: Pool) -> Keeper:
    def disable(subject: str) -> None:
        pool.operator.admin_disable_user(UserPoolId=pool.pool_id, Username=subject)

    return Keeper(accounts(), code_in_a_letter, disable)


def code_in_a_letter(email: str, purpose: str) -> str:
    codes = [letter.code for letter in stricter.letters if (letter.to, letter.purpose) == (email, purpose)]
    return codes[-1] if codes else ""


@pytest.fixture
def django(settings: Settings, db: None) -> Keeper:
    settings.ACCOUNTS_PROVIDER = settings.ACCOUNTS_ADAPTERS["django"]

    def disable(subject: str) -> None:
        User.objects.filter(pk=subject).update(is_active=False)

    return Keeper(accounts(), code_in_a_link, disable)


PAGES = {"confirm": "/account/confirm/", "reset": "/account/password/reset/", "change": "/account/email/confirm/"}


def code_in_a_link(email: str, purpose: str) -> str:
    for mail in OutgoingMail.objects.filter(to=email).order_by("-pk"):
        for link in map(urlsplit, re.findall(r"https?://\S+", mail.text)):
            if link.path == PAGES[purpose]:
                return parse_qs(link.query)["code"][0]
    return ""


@pytest.fixture(params=["django", "cognito"])
def keeper(request: pytest.FixtureRequest, db: None) -> Keeper:
    """The same test over both."""
    found: Keeper = request.getfixturevalue(request.param)
    return found
