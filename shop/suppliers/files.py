"""Papers that suppliers send: invoices, packing lists. Kept as they came, and given to staff only, as a download."""

from django.db import transaction

from shop.core.errors import ShopError
from shop.suppliers.moves import Who, locked, note
from shop.suppliers.purchase_models import PurchaseOrder, SupplierFile
from shop.suppliers.telling import tell_paper

# What gets through to a function on Lambda, with room for the rest of the form (storefront/settings/aws.py).
LARGEST = 4_000_000
MOST_FILES = 10
# What a file begins with says what it is; its name and what the browser calls it may be anything.
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
TOO_LARGE = f"This file is larger than {LARGEST // 1_000_000} MB. Please send a smaller one."


@transaction.atomic
def keep(order_id: int, *, name: str, content: bytes, who: Who) -> SupplierFile:
    """The file with the order. The same bytes once more are one file. Raises ShopError for what is not taken."""
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), "")
    if len(content) > LARGEST:
        raise ShopError(TOO_LARGE)
    if not kind:
        raise ShopError("Send a PDF, PNG or JPEG file.")
    order = locked(order_id)
    if order.state in (PurchaseOrder.State.DRAFT, PurchaseOrder.State.CANCELLED):
        raise ShopError(f"{order.number} is {order.get_state_display().lower()}: it takes no papers.")
    if done := order.files.filter(content=content).first():
        return done
    if order.files.count() >= MOST_FILES:
        raise ShopError(f"There are {MOST_FILES} files on this order already. Please send others by mail.")
    shown = shown_name(name)
    file = SupplierFile.objects.create(order=order, name=shown, content_type=kind, content=content, channel=who.channel)
    note(order, f"Paper uploaded: {shown}", who)
    if who.actor is None:
        tell_paper(order, shown)
    return file


def shown_name(name: str) -> str:
    """The file's own name without folders and without what no name has."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[-120:].strip() or "paper"
