"""Who an id token of the user pool speaks of. Nothing of a token is believed before its signature was checked."""

from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

import jwt
import requests
from django.conf import settings

from shop.adapters.accounts import AccountsUnavailable, Identity
from shop.adapters.cognito_client import base_address, issuer

ALGORITHM = "RS256"
REQUIRED = ["exp", "iat", "iss", "aud", "sub", "token_use", "email"]
# The machine's clock and Cognito's may differ by so much.
LEEWAY_SECONDS = 10
KEYS_LAST_SECONDS = 3600
# A token with an unknown key makes the keys be fetched again (Cognito may have new ones), but no oftener than this.
FETCH_PAUSE_SECONDS = 60
TIMEOUT_SECONDS = (3, 5)
# The mark of an account that was signed up for with a password which nobody has proved to be the mailbox owner's.
UNPROVED, YES = "custom:unproved", "yes"


class TokenRefused(AccountsUnavailable):
    """A token that is not the pool's word for this shop about somebody now. Nobody is signed in by it."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The pool's public keys by id, and when they were fetched, on this process's monotonic clock."""

    by_id: dict[str, jwt.PyJWK]
    fetched_at: float

    def younger_than(self, seconds: float) -> bool:
        return monotonic() - self.fetched_at < seconds


# By the pool's address: fetched once an hour by each process.
_keys: dict[str, Keys] = {}
_fetching = Lock()


def identity_of(id_token: str) -> Identity:
    """The person a token was made out for. Raises TokenRefused, and AccountsUnavailable where the keys can't be had."""
    claims = _checked(id_token)
    groups, email = claims.get("cognito:groups", []), claims["email"]
    if not isinstance(email, str) or not isinstance(groups, list):
        raise TokenRefused("id token: not the claims of a user pool")
    if claims["sub"].isdecimal():
        # The shop's own rows are named so: nobody of a pool may be taken for one of them.
        raise TokenRefused("id token: a subject of figures only")
    return Identity(
        subject=claims["sub"],
        email=email.strip().lower(),
        # A string where the pool was asked through OpenID's own endpoints.
        email_confirmed=claims.get("email_verified") in (True, "true"),
        full_name=str(claims.get("name", "")),
        groups=frozenset(str(name) for name in groups),
    )


def is_unproved(id_token: str) -> bool:
    """Whether the account bears the mark of a sign-up that was not confirmed with its password. Raises as identity_of.

    Without the mark (people who were moved, or made by staff) it does not.
    """
    return bool(_checked(id_token).get(UNPROVED) == YES)


def _checked(token: str) -> dict[str, Any]:
    """The claims, once signature, algorithm, pool, audience, kind and lifetime are right.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(str(jwt.get_unverified_header(token).get("kid", ""))),
            algorithms=[ALGORITHM],
            audience=settings.COGNITO_CLIENT_ID,
            issuer=issuer(),
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED, "strict_aud": True},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused(f"id token: {error}") from error
    if claims["token_use"] != "id" or not claims["sub"]:  # noqa: S105 - a kind of token
        raise TokenRefused("id token: it is a token for something else")
    return claims


def _key(key_id: str) -> jwt.PyJWK:
    url = f"{base_address()}/{settings.COGNITO_POOL_ID}/.well-known/jwks.json"
    with _fetching:
        held = _keys.get(url)
        good_for = KEYS_LAST_SECONDS if held and key_id in held.by_id else FETCH_PAUSE_SECONDS
        if held is None or not held.younger_than(good_for):
            held = _keys[url] = _fetched(url)
    if key_id not in held.by_id:
        raise TokenRefused("id token: signed with a key that is not the pool's")
    return held.by_id[key_id]


def _fetched(url: str) -> Keys:
    try:
        response = requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        response.raise_for_status()
        found = response.json()["keys"]
        keys = {str(key["kid"]): jwt.PyJWK(key, algorithm=ALGORITHM) for key in found if key.get("kty") == "RSA"}
    except (requests.RequestException, jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AccountsUnavailable(f"no keys of the user pool: {error}") from error
    return Keys(keys, monotonic())
