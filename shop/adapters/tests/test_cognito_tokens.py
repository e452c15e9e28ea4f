"""Tokens that must sign nobody in, and the keys that tokens are checked with."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings

from shop.adapters import cognito_tokens
from shop.adapters.accounts import AccountsUnavailable, Identity
from shop.adapters.cognito_tokens import UNPROVED, TokenRefused, identity_of, is_unproved

POOL = "us-east-1_Shop12345"
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
CLIENT = "shopclient1234567890"
OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
THEIRS = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, Any]:
    return {
        **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())),
        "kid": key_id,
        "use": "sig",
        "alg": "RS256",
    }


def claims(**changed: Any) -> dict[str, Any]:
    """A good token's claims, some of them changed; None leaves one out."""
    now = int(time.time())
    good = {
        "sub": "5f6c4a0e-1111-4222-8333-444455556666",
        "aud": CLIENT,
        "iss": ISSUER,
        "token_use": "id",
        "iat": now,
        "auth_time": now,
        "exp": now + 3600,
        "email": "Ann@Example.com",
        "email_verified": True,
        "name": "Ann Archer",
        "cognito:groups": ["owner"],
    }
    names = {name.replace("cognito_", "cognito:"): value for name, value in changed.items()}
    return {name: value for name, value in {**good, **names}.items() if value is not None}


def token(key: rsa.RSAPrivateKey = OURS, kid: str | None = "one", **changed: Any) -> str:
    return jwt.encode(claims(**changed), key, "RS256", headers={"kid": kid} if kid else None)


class KeyServer:
    """Answers with the pool's keys, and counts how often it was asked."""

    def __init__(self) -> None:
        self.keys = [jwk(OURS, "one")]
        self.asked: list[str] = []
        self.broken = False

    def get(self, url: str, **kwargs: Any) -> "KeyServer":
        assert kwargs["timeout"] and kwargs["allow_redirects"] is False
        self.asked.append(url)
        return self

    def raise_for_status(self) -> None:
        if self.broken:
            raise requests.HTTPError("503")

    def json(self) -> dict[str, Any]:
        return {"keys": self.keys}


@pytest.fixture
def server(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> KeyServer:
    settings.COGNITO_REGION, settings.COGNITO_POOL_ID = "us-east-1", POOL
    settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET = CLIENT, "secret"
    settings.COGNITO_ENDPOINT = ""
    made = KeyServer()
    monkeypatch.setattr(cognito_tokens, "_keys", {})
    monkeypatch.setattr(requests, "get", made.get)
    return made


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets seconds pass on the clock of the keys."""
    passed = [0.0]
    monkeypatch.setattr(cognito_tokens, "monotonic", lambda: 1000.0 + passed[0])

    def wait(seconds: float) -> None:
        passed[0] += seconds

    return wait


@pytest.mark.parametrize(("value", "expected"), [("yes", True), ("no", False), (None, False)])
def test_the_mark_of_a_sign_up_is_read_from_the_pools_own_word(
    server: KeyServer, value: str | None, expected: bool
) -> None:
    mark: dict[str, Any] = {UNPROVED: value}
    assert is_unproved(token(**mark)) is expected
    with pytest.raises(TokenRefused):
        is_unproved(token(THEIRS, **mark))


def test_a_good_token_tells_who_it_is(server: KeyServer) -> None:
    assert identity_of(token()) == Identity(
        subject="5f6c4a0e-1111-4222-8333-444455556666",
        email="ann@example.com",
        email_confirmed=True,
        full_name="Ann Archer",
        groups=frozenset({"owner"}),
    )
    assert server.asked == [f"{ISSUER}/.well-known/jwks.json"]


def test_somebody_in_no_group_is_no_staff_and_a_missing_confirmation_is_none(server: KeyServer) -> None:
    found = identity_of(token(cognito_groups=None, email_verified=None, name=None))
    assert (found.groups, found.email_confirmed, found.full_name) == (frozenset(), False, "")


@pytest.mark.parametrize("value", ["false", "True ", 1.5, False, [], {"a": 1}])
def test_only_a_plain_yes_confirms_an_e_mail(server: KeyServer, value: Any) -> None:
    assert identity_of(token(email_verified=value)).email_confirmed is False


HOSTILE: dict[str, Callable[[], str]] = {
    "signed with another key under our key's name": lambda: token(THEIRS),
    "signed with a key nobody knows": lambda: token(THEIRS, kid="two"),
    "without the name of a key": lambda: token(kid=None),
    "expired": lambda: token(exp=int(time.time()) - 60),
    "from the future": lambda: token(iat=int(time.time()) + 600),
    "not valid yet": lambda: token(nbf=int(time.time()) + 600),
    "of another app client": lambda: token(aud="otherclient"),
    "of several app clients": lambda: token(aud=[CLIENT, "otherclient"]),
    "of another pool": lambda: token(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other1234"),
    "of the pool's name at another address": lambda: token(iss=f"https://evil.example/{POOL}"),
    "an access token": lambda: token(token_use="access", aud=None, client_id=CLIENT),
    "an access token with an audience": lambda: token(token_use="access"),
    "a refresh token": lambda: token(token_use="refresh"),
    "without sub": lambda: token(sub=None),
    "with an empty sub": lambda: token(sub=""),
    "with a number as sub": lambda: token(sub=7),
    "with a key of the shop's rows as sub": lambda: token(sub="7"),
    "without aud": lambda: token(aud=None),
    "without iss": lambda: token(iss=None),
    "without exp": lambda: token(exp=None),
    "without iat": lambda: token(iat=None),
    "without token_use": lambda: token(token_use=None),
    "without e-mail": lambda: token(email=None),
    "with a list as e-mail": lambda: token(email=["ann@example.com"]),
    "with text as groups": lambda: token(cognito_groups="owner"),
    "with text as expiry": lambda: token(exp="tomorrow"),
    "signed by nobody": lambda: unsigned("none"),
    "signed by Nobody": lambda: unsigned("NoNe"),
    "hashed with the public key": lambda: hashed(),
    "signed with another algorithm": lambda: jwt.encode(claims(), OURS, "RS512", headers={"kid": "one"}),
    "with its claims changed": lambda: changed_claims(),
    "with its own key along": lambda: jwt.encode(
        claims(), THEIRS, "RS256", headers={"kid": "one", "jwk": jwk(THEIRS, "one")}
    ),
    "with an address for keys": lambda: jwt.encode(
        claims(), THEIRS, "RS256", headers={"kid": "one", "jku": "https://evil.example/jwks.json"}
    ),
    "with a path as key": lambda: token(THEIRS, kid="../../dev/null"),
    "empty": lambda: "",
    "dots": lambda: "..",
    "no token": lambda: "nonsense",
    "not ASCII": lambda: "é.ü.ß",
    "zero bytes": lambda: "\0.\0.\0",
    "long": lambda: "a" * 100_000,
}


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'one'})}.{part(claims())}."


def hashed() -> str:
    """The public key, which everybody may have, used as if it were a shared secret."""
    secret = OURS.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'one'})}.{part(claims())}"
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def changed_claims() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{part(claims(email='owner@example.com'))}.{signature}"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_token_that_is_not_the_pools_word_is_refused(server: KeyServer, name: str) -> None:
    with pytest.raises(TokenRefused):
        identity_of(HOSTILE[name]())
    assert set(server.asked) <= {f"{ISSUER}/.well-known/jwks.json"}


def test_keys_are_fetched_once_an_hour(server: KeyServer, wait: Callable[[float], None]) -> None:
    for _ in range(20):
        identity_of(token())
    wait(3599)
    identity_of(token())
    assert len(server.asked) == 1
    wait(2)
    identity_of(token())
    assert len(server.asked) == 2


def test_a_new_key_of_the_pool_is_learned_at_once(server: KeyServer, wait: Callable[[float], None]) -> None:
    identity_of(token())
    wait(61)
    server.keys.append(jwk(THEIRS, "two"))
    assert identity_of(token(THEIRS, kid="two")).email == "ann@example.com"
    assert len(server.asked) == 2


def test_unknown_keys_do_not_make_the_shop_fetch_again_and_again(
    server: KeyServer, wait: Callable[[float], None]
) -> None:
    identity_of(token())
    wait(61)
    for number in range(50):
        with pytest.raises(TokenRefused):
            identity_of(token(THEIRS, kid=f"unknown-{number}"))
    assert len(server.asked) == 2


def test_a_withdrawn_key_signs_nobody_in_after_an_hour(server: KeyServer, wait: Callable[[float], None]) -> None:
    identity_of(token())
    server.keys = [jwk(THEIRS, "two")]
    wait(3601)
    with pytest.raises(TokenRefused):
        identity_of(token())


def test_without_keys_nobody_is_signed_in(server: KeyServer) -> None:
    server.broken = True
    with pytest.raises(AccountsUnavailable) as caught:
        identity_of(token())
    assert not isinstance(caught.value, TokenRefused)
    server.broken, server.keys = False, [{"kid": "one", "kty": "oct", "k": "c2VjcmV0"}]
    with pytest.raises(TokenRefused):
        identity_of(token())


@pytest.mark.parametrize("answer", [[], "keys", {"keys": 7}, {"keys": ["one"]}, {"keys": [{"kty": "RSA"}]}])
def test_an_answer_without_keys_is_no_answer(server: KeyServer, monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(server, "json", lambda: answer)
    with pytest.raises(AccountsUnavailable):
        identity_of(token())
