"""The key by which a supplier's software asks: shown once, kept as a hash."""

import hashlib
import secrets

from shop.suppliers.models import Supplier

# Says whose key it is to whoever finds one.
PREFIX = "aspire_"


def new_key(supplier: Supplier) -> str:
    """A key in place of the one before, if there was one. It is random and long, so a plain hash of it is enough."""
    key = PREFIX + secrets.token_urlsafe(32)
    supplier.api_key_hash, supplier.api_key_hint = hashed(key), key[-4:]
    supplier.save(update_fields=["api_key_hash", "api_key_hint", "updated_at"])
    return key


def supplier_of(key: str) -> Supplier | None:
    """The active supplier whose key this is."""
    if not key.startswith(PREFIX):
        return None
    return Supplier.objects.filter(api_key_hash=hashed(key), is_active=True).first()


def hashed(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
