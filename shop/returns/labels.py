"""The prepaid label of a parcel that comes back: of the carrier that brought it, asked for outside any transaction.

Never two for a return: it is claimed before the carrier is asked, and asked for under one key for good, by which a
label is found whose answer was lost. What is not sent after all goes back to the carrier.
"""

import logging

from django.db import transaction

from shop.accounts import limits
from shop.adapters.carriers import CarrierRefused, CarrierUnavailable, Label, LabelRequest, carrier, is_known
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.delivery.labels import CLAIM, LIGHTEST, MOST, obtain, place_of, sender
from shop.delivery.models import ShippingMethod
from shop.orders.models import Order
from shop.returns.models import Return
from shop.returns.services import lock

log = logging.getLogger(__name__)

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
    parent.carrier_reference = label.reference[:80]
    parent.save(update_fields=["carrier", "carrier_reference", "tracking_number", "label", "updated_at"])
    return parent


def give_back_unused() -> int:
    """Give the labels of cancelled returns back to their carriers; how many were taken. A no is told in the log.

    Then the parcel has gone perhaps, and is found by the label's number when it comes.
    """
    unused = Return.objects.filter(state=Return.State.CANCELLED).exclude(carrier_reference="").defer("label")
    taken = 0
    for parent in unused.order_by("pk")[:MOST]:
        try:
            carrier(parent.carrier).cancel(parent.carrier_reference)
            is_taken = True
        except CarrierUnavailable as error:
            log.warning("label of return %s could not be given back yet: %s", parent.number, error)
            continue
        except CarrierRefused as error:
            log.warning("label of return %s is not taken back: %s", parent.number, error)
            is_taken = False
        _forget(parent, is_taken)
        taken += is_taken
    return taken


@transaction.atomic
def _forget(parent: Return, is_taken: bool) -> None:
    """Nothing is to be given back any more; a label that was taken back is none."""
    parent = lock(parent)
    parent.carrier_reference = ""
    if is_taken:
        parent.label, parent.tracking_number = None, ""
    parent.save(update_fields=["carrier_reference", "label", "tracking_number", "updated_at"])


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
