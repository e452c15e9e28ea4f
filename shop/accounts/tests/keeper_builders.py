"""People at whoever keeps the identities: signed up, confirmed, signed in, with an app."""

import time

import pyotp
import pytest

from shop.accounts.tests.conftest import Keeper
from shop.adapters.accounts import (
    Challenge,
    Holder,
    SignedIn,
    SignUp,
    TotpStart,
    WrongCredentials,
)

ANN, BEN = "ann@example.com", "ben@example.com"
PASSWORD, OTHER = "quarry linen in may", "seven grey herons"


def sign_up(keeper: Keeper, email: str = ANN, password: str = PASSWORD, full_name: str = "Ann Archer") -> SignUp:
    return keeper.provider.sign_up(email=email, password=password, full_name=full_name)


def confirm(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> None:
    keeper.provider.confirm_sign_up(email=email, code=keeper.code(email, "confirm"), password=password)


def account(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> Holder:
    """Somebody signed up, confirmed, and signed in."""
    assert sign_up(keeper, email, password) is SignUp.CREATED
    confirm(keeper, email, password)
    return holder_of(signed_in(keeper, email, password))


def signed_in(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> SignedIn:
    found = keeper.provider.sign_in(email=email, password=password)
    assert isinstance(found, SignedIn)
    return found


def holder_of(found: SignedIn) -> Holder:
    return Holder(found.identity.subject, found.identity.email, found.refresh_token)


def refused(keeper: Keeper, email: str = ANN, password: str = PASSWORD) -> None:
    with pytest.raises(WrongCredentials):
        keeper.provider.sign_in(email=email, password=password)


def another(code: str) -> str:
    """A code of the same form that is not this one."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")


def app_code(start: TotpStart, steps: int = 0) -> str:
    """What the app shows now, or so many half minutes later."""
    return pyotp.TOTP(start.secret.upper()).at(int(time.time()) + 30 * steps)


def with_totp(keeper: Keeper, holder: Holder) -> TotpStart:
    start = keeper.provider.start_totp(holder=holder)
    keeper.provider.confirm_totp(holder=holder, start=start, code=app_code(start))
    return start


def asked(keeper: Keeper) -> Challenge:
    found = keeper.provider.sign_in(email=ANN, password=PASSWORD)
    assert isinstance(found, Challenge)
    return found
