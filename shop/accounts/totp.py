"""Two-step sign-in where the shop itself asks for codes: an app's codes (RFC 6238) and codes on paper."""

import secrets

import pyotp
from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.safestring import SafeString

from shop.accounts.models import User
from shop.accounts.security_models import RecoveryCode, TotpDevice
from shop.core import clock
from shop.core.numbers import ALPHABET
from shop.core.qr import svg
from shop.core.sealed import seal, unseal

STEP_SECONDS = 30
# A clock may be one step off, either way.
DRIFT = 1
RECOVERY_CODES = 10


def new_secret() -> str:
    """A fresh secret of 160 bits, in base 32."""
    return pyotp.random_base32()


def turn_on(user: User, secret: str, code: str) -> list[str] | None:
    """Keep the app whose present code this is; the recovery codes. None, and nothing changed, for another code."""
    step = step_of(secret, code)
    if step is None:
        return None
    with transaction.atomic():
        kept = {"secret": seal(secret), "last_step": step}
        TotpDevice.objects.update_or_create(user=user, defaults=kept)
        return _new_recovery_codes(user)


def turn_off(user: User) -> None:
    """Forget the app and the codes on paper."""
    with transaction.atomic():
        TotpDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()


def is_on(user: User) -> bool:
    return TotpDevice.objects.filter(user=user).exists()


def accept(user: User, typed: str) -> bool:
    """Whether that is a present code of the app, or one of the codes on paper; either is good once."""
    code = "".join(letter for letter in typed.upper() if letter.isalnum())
    return _accept_app(user, code) if code.isdecimal() and len(code) == 6 else _accept_recovery(user, code)


def step_of(secret: str, code: str) -> int | None:
    """The time step at which the app shows that code, near now."""
    app = pyotp.TOTP(secret)
    present = int(clock.now().timestamp()) // STEP_SECONDS
    for step in range(present - DRIFT, present + DRIFT + 1):
        if constant_time_compare(app.at(step * STEP_SECONDS), "".join(code.split())):
            return step
    return None


def uri(secret: str, email: str) -> str:
    """What an app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=settings.SHOP_NAME)


def picture(secret: str, email: str) -> SafeString:
    """The picture to scan, as an <svg> to stand in the page."""
    return svg(uri(secret, email))


def _accept_app(user: User, code: str) -> bool:
    device = TotpDevice.objects.filter(user=user).first()
    step = device and step_of(unseal(device.secret), code)
    if not device or not step:
        return False
    # Guarded: of two at once with the same code, one finds the step taken.
    return TotpDevice.objects.filter(pk=device.pk, last_step__lt=step).update(last_step=step) == 1


def _accept_recovery(user: User, code: str) -> bool:
    hashes = [_hash(user, code, secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    unused = RecoveryCode.objects.filter(user=user, code_hash__in=hashes, used_at=None)
    return unused.update(used_at=clock.now()) == 1


def _new_recovery_codes(user: User) -> list[str]:
    """Ten codes of 50 bits, written XXXXX-XXXXX; the former ones are void."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_hash(user, code, settings.SECRET_KEY)) for code in codes
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hash(user: User, code: str, secret: str) -> str:
    """Keyed, since fifty bits could be tried out by whoever has only the table."""
    return salted_hmac("shop.accounts.recovery", f"{user.pk}:{code}", secret=secret, algorithm="sha256").hexdigest()
