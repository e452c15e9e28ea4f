"""The prepaid label of a parcel that comes back: of the carrier that brought it, asked for outside any transaction.

Never two for a return: it is claimed before the carrier is asked, and asked for under one key for good, by which a
label is found whose answer was lost.
"""

from django.db import transaction

from shop.accounts import limits
from shop.adapters.carriers import Label, LabelRequest, carrier, is_known
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.delivery.labels import CLAIM, LIGHTEST, obtain, place_of, sender
from shop.delivery.models import ShippingMethod
from shop.orders.models import Order
from shop.returns.models import Return
from shop.returns.services import lock

TRIES = 5


def label_carrier(order: Order) -> str:
    """The code of the carrier that makes the label for the order's way back; empty: none does, so it goes by post."""
    code = ShippingMethod.objects.filter(code=order.shipping_method).values_list("carrier", flat=True).first() or ""
    return code if is_known(code) and carrier(code).makes_labels else ""


def prepaid_by(order: Order) -> str:
    """What people call that carrier; empty: none."""
    code = label_carrier(order)
    return carrier(code).title if code else ""


def make_label(parent: Return) -> Return:
    """The return with its label: made by the carrier, or the one that it has.

    Raises ShopError where there can be none, TooManyTries, CarrierRefused or CarrierUnavailable where the carrier gave
    none. Never call it inside a transaction.
    """
    if parent.carrier:
        return parent
    limits.hit(f"return-label:{parent.pk}", limit=TRIES, window=CLAIM)
    code, request, asked_before = _claim(parent)
    try:
        label = obtain(carrier(code), request, asked_before=asked_before)
    finally:
        # A refusal frees it for the next try at once; an unknown outcome is looked for by that one.
        Return.objects.filter(pk=parent.pk).update(label_asked_at=clock.now() - CLAIM)
    return _keep(parent, code, label)


@transaction.atomic(durable=True)
def _claim(parent: Return) -> tuple[str, LabelRequest, bool]:
    """Keep everybody else from asking for a while; the carrier's code, the request, whether it was made before."""
    parent = lock(parent)
    code = label_carrier(parent.order)
    if parent.state != Return.State.APPROVED or parent.carrier:
        raise InvalidTransition(f"Return {parent.number} needs no label.")
    if not code:
        raise ShopError("This carrier makes no labels. Please take the parcel to a post office.")
    before = parent.label_asked_at
    if before and before > clock.now() - CLAIM:
        raise ShopError("Your label is being made. Look again in a moment.")
    parent.label_asked_at = clock.now()
    parent.save(update_fields=["label_asked_at"])
    return code, request_of(parent), before is not None


@transaction.atomic
def _keep(parent: Return, code: str, label: Label) -> Return:
    parent = lock(parent)
    parent.carrier, parent.tracking_number, parent.label = code, label.tracking_number[:80], label.pdf
    parent.save(update_fields=["carrier", "tracking_number", "label", "updated_at"])
    return parent


def request_of(parent: Return) -> LabelRequest:
    """From the customer to the shop."""
    order = parent.order
    lines = list(parent.lines.select_related("order_line__variant__product"))
    pieces = [(line.order_line.variant, line.quantity) for line in lines]
    grams = sum(variant.product.weight_grams * units for variant, units in pieces if variant)
    return LabelRequest(
        key=f"return-{parent.number}",
        reference=parent.number,
        sender=place_of(order),
        recipient=sender(),
        weight_grams=max(LIGHTEST, grams),
        value=sum(line.order_line.charged * line.quantity // line.order_line.quantity for line in lines),
        currency=order.currency,
    )
