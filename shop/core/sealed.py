"""Secrets that the database keeps but must not be able to tell: encrypted under a key made from SECRET_KEY."""

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def seal(text: str) -> str:
    """The text, encrypted and authenticated; about 4/3 as long and 100 characters more."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed, under the present key or a former one (SECRET_KEY_FALLBACKS). Raises ValueError for all else."""
    # Heavy, as below.
    from cryptography.fernet import InvalidToken  # noqa: PLC0415

    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ValueError("not sealed under a known key") from None


def _box() -> "MultiFernet":
    # Heavy: whoever only looks at the shop seals nothing.
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> bytes:
    """A key of its own for this purpose (RFC 5869), so that no other use of SECRET_KEY is weakened."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - heavy, as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - heavy, as above

    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"shop.core.sealed").derive(secret.encode())
    return urlsafe_b64encode(derived)
