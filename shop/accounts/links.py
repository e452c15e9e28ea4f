"""Codes in mailed links: signed, of one purpose, expiring, and good until what they are about has changed.

No table: the code carries a digest of the account's state, and using it changes that state.
"""

from enum import StrEnum

from django.core import signing
from django.db.models import Max
from django.utils.crypto import constant_time_compare, salted_hmac

from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.adapters.accounts import CodeRefused

HOUR = 3600


class Purpose(StrEnum):
    CONFIRM = "confirm"
    RESET = "reset"
    EMAIL = "email"


LASTS = {Purpose.CONFIRM: 72 * HOUR, Purpose.RESET: HOUR, Purpose.EMAIL: 24 * HOUR}


def code_for(user: User, purpose: Purpose) -> str:
    """A code for that user's mailbox, URL-safe."""
    return signing.dumps([user.pk, _state(user, purpose)], salt=_salt(purpose))


def holder_of_code(code: str, purpose: Purpose) -> User:
    """The user whose code this is, locked until the transaction ends, so that two at once cannot both use it.

    Raises CodeRefused for one that is forged, expired, used, of another purpose, or of an account that is closed.
    """
    try:
        pk, state = signing.loads(code, salt=_salt(purpose), max_age=LASTS[purpose])
    except (signing.BadSignature, ValueError):
        raise CodeRefused("forged, of another purpose, or too old") from None
    user = User.objects.select_for_update().filter(pk=pk, is_active=True).first()
    if user is None or not constant_time_compare(state, _state(user, purpose)):
        raise CodeRefused("used, or the account has changed since")
    return user


def _salt(purpose: Purpose) -> str:
    return f"shop.accounts.links.{purpose}"


def _state(user: User, purpose: Purpose) -> str:
    """Changes when a code of that purpose is used, and with whatever makes it pointless."""
    about = {
        Purpose.CONFIRM: str(user.email_confirmed_at),
        Purpose.RESET: str(SignIn.objects.filter(user=user).aggregate(at=Max("started_at"))["at"]),
        Purpose.EMAIL: user.pending_email,
    }[purpose]
    told = "\n".join([user.email, user.password, about])
    return salted_hmac(_salt(purpose), told, algorithm="sha256").hexdigest()[:32]
