"""Getting a label from a carrier: claimed, asked for outside any transaction, written down. Never two for a parcel."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from shop.accounts.models import User
from shop.adapters.carriers import (
    Carrier,
    CarrierRefused,
    CarrierUnavailable,
    Label,
    LabelRequest,
    Place,
    carrier,
    is_known,
)
from shop.core import clock
from shop.core.errors import InvalidTransition, ShopError
from shop.core.numbers import secret_key
from shop.delivery.locking import locked
from shop.delivery.parcels import News, record
from shop.delivery.shipment_models import Shipment, ShipmentLabel, TrackingEvent
from shop.delivery.ways import carrier_of
from shop.orders.models import Order

log = logging.getLogger(__name__)

# Well above the longest that two tries and two looks may take.
CLAIM = timedelta(minutes=5)
# The entry of settings.CARRIERS that asks nobody: what goes when a carrier's labels cannot be had.
POST = "table"
MOST, LONGEST_NUMBER = 50, 80
# What a parcel weighs at least, with its paper.
LIGHTEST = 100


def make_label(shipment_id: int, *, actor: User | None) -> ShipmentLabel:
    """The label of a packed parcel: made by its carrier, or the one that it has.

    Raises ShopError where there can be none, CarrierRefused or CarrierUnavailable where the carrier gave none. Never
    call it inside a transaction.
    """
    has = ShipmentLabel.objects.filter(shipment_id=shipment_id).first()
    if has:
        return has
    code, request, asked_before = _claim(shipment_id)
    try:
        label = obtain(carrier(code), request, asked_before=asked_before)
    finally:
        # A refusal frees the parcel for the next try at once; an unknown outcome is looked for by the next one.
        Shipment.objects.filter(pk=shipment_id).update(label_asked_at=clock.now() - CLAIM)
    return _keep(shipment_id, code, label, actor)


def obtain(adapter: Carrier, request: LabelRequest, *, asked_before: bool = False) -> Label:
    """The label for that request: an earlier one under its key if there is one, otherwise one asked for.

    Without an answer it is looked for, and asked for once more only where the carrier has none.
    """
    if asked_before and (found := adapter.find(request.key)):
        return found
    try:
        return adapter.label(request)
    except CarrierUnavailable as lost:
        log.warning("label %s: %s; looking for it", request.reference, lost)
    return adapter.find(request.key) or adapter.label(request)


def drop_label(shipment_id: int, *, actor: User | None) -> None:
    """Give the label of a parcel that has not left back to its carrier, and forget it here.

    Raises ShopError where there is none or the parcel has left, and what the carrier raises; then it stays.
    """
    shipment = Shipment.objects.get(pk=shipment_id)
    if shipment.dispatched_at or not ShipmentLabel.objects.filter(shipment=shipment).exists():
        raise InvalidTransition(f"{shipment.number} has left, or has no label to give back.")
    carrier(shipment.carrier).cancel(shipment.carrier_reference)
    _forget(shipment_id)


def drop_unused() -> int:
    """Give back the labels of parcels that were opened again; how many. A refusal is told in the log and left."""
    opened = ShipmentLabel.objects.filter(shipment__state=Shipment.State.CANCELLED).select_related("shipment")
    dropped = 0
    for label in opened.order_by("pk")[:MOST]:
        try:
            carrier(label.shipment.carrier).cancel(label.shipment.carrier_reference)
        except CarrierUnavailable as error:
            log.warning("label of %s could not be given back yet: %s", label.shipment.number, error)
            continue
        except CarrierRefused as error:
            log.warning("label of %s is not taken back: %s", label.shipment.number, error)
        _forget(label.shipment_id)
        dropped += 1
    return dropped


@transaction.atomic
def send_by_post(shipment_id: int) -> None:
    """A packed parcel goes without a label of its carrier: staff buy the postage and write its number.

    Raises ShopError, with nothing changed, for one that has left, has a label, or whose label is being asked for.
    """
    _, shipment = locked(shipment_id)
    if shipment.state != Shipment.State.PACKED:
        raise InvalidTransition(f"{shipment.number} is {shipment.get_state_display().lower()}.")
    if ShipmentLabel.objects.filter(shipment=shipment).exists():
        raise InvalidTransition(f"{shipment.number} has a label: give that back first.")
    refuse_while_asked(shipment)
    shipment.carrier = POST
    shipment.save(update_fields=["carrier", "updated_at"])


def refuse_while_asked(shipment: Shipment) -> None:
    """Raise ShopError while a carrier may still be making the parcel's label."""
    before = shipment.label_asked_at
    if before and before > clock.now() - CLAIM:
        raise ShopError(f"The label of {shipment.number} is being asked for. Look again in a moment.")


@transaction.atomic
def write_tracking(shipment_id: int, number: str) -> None:
    """Note the number of a carrier whose labels are not made here. Raises ShopError for none, or beside a label."""
    _, shipment = locked(shipment_id)
    if not number or len(number) > LONGEST_NUMBER:
        raise ShopError(f"Write the tracking number: 1 to {LONGEST_NUMBER} characters.")
    if ShipmentLabel.objects.filter(shipment=shipment).exists():
        raise InvalidTransition(f"{shipment.number} has a label with a number of its own.")
    shipment.tracking_number, shipment.tracking_url = number, ""
    shipment.save(update_fields=["tracking_number", "tracking_url", "updated_at"])


@transaction.atomic
def _forget(shipment_id: int) -> None:
    """The parcel has no label any more; its next one is asked for under another key."""
    _, shipment = locked(shipment_id)
    ShipmentLabel.objects.filter(shipment=shipment).delete()
    shipment.tracking_number = shipment.tracking_url = shipment.carrier_reference = ""
    shipment.label_cost = shipment.label_asked_at = None
    shipment.request_key = secret_key()
    shipment.save()


@transaction.atomic(durable=True)
def _claim(shipment_id: int) -> tuple[str, LabelRequest, bool]:
    """Keep everybody else from asking for a while; the carrier's code, the request, whether it was made before."""
    order, shipment = locked(shipment_id)
    code = carrier_of(order, shipment)
    if shipment.state != Shipment.State.PACKED:
        raise InvalidTransition(f"{shipment.number} is {shipment.get_state_display().lower()}: it needs no label.")
    if not order.may_ship:
        raise InvalidTransition(
            f"Order {order.number} must not leave the house: it is not paid, or something holds it."
        )
    if not is_known(code) or not carrier(code).makes_labels:
        raise ShopError("This carrier makes no labels: write the tracking number on the parcel's page.")
    refuse_while_asked(shipment)
    before, shipment.label_asked_at = shipment.label_asked_at, clock.now()
    shipment.save(update_fields=["label_asked_at"])
    return code, request_of(order, shipment), before is not None


@transaction.atomic
def _keep(shipment_id: int, code: str, label: Label, actor: User | None) -> ShipmentLabel:
    _, shipment = locked(shipment_id)
    shipment.carrier, shipment.service = code, label.service[:60]
    shipment.tracking_number, shipment.tracking_url = label.tracking_number[:80], label.tracking_url[:300]
    shipment.carrier_reference, shipment.label_cost = label.reference[:80], label.cost
    shipment.save()
    kept, _ = ShipmentLabel.objects.get_or_create(shipment=shipment, defaults={"pdf": label.pdf})
    record(shipment_id, News(TrackingEvent.Kind.LABEL, source=f"label:{shipment.request_key}"), actor=actor)
    return kept


def request_of(order: Order, shipment: Shipment) -> LabelRequest:
    """All that a carrier needs to know of a parcel."""
    return LabelRequest(
        key=shipment.request_key,
        reference=shipment.number,
        sender=sender(),
        recipient=place_of(order),
        weight_grams=shipment.weight_grams or weight_of(shipment),
        volume_cm3=shipment.volume_cm3,
        service=shipment.service,
        value=value_of(shipment),
        currency=order.currency,
    )


def place_of(order: Order) -> Place:
    """Where the order's customer is."""
    return Place(
        name=order.full_name,
        street=order.address,
        street2=order.address_extra,
        city=order.city,
        region=order.region,
        postcode=order.postcode,
        country=order.country,
        phone=order.phone,
        email=order.email,
    )


def sender() -> Place:
    """The shop, as labels name it. Raises ShopError where no address is set."""
    if len(settings.SENDER_ADDRESS) < 3:
        raise ShopError("No sender's address is set (SENDER_ADDRESS: street, city, postcode).")
    street, city, postcode = settings.SENDER_ADDRESS[:3]
    return Place(
        name=settings.SHOP_NAME,
        street=street,
        city=city,
        postcode=postcode,
        country=settings.SHOP_COUNTRY,
        email=settings.SHOP_EMAIL,
    )


def weight_of(shipment: Shipment) -> int:
    """Grams, by what is in it."""
    lines = shipment.lines.select_related("level__variant__product")
    return max(LIGHTEST, sum(line.level.variant.product.weight_grams * line.quantity for line in lines))


def value_of(shipment: Shipment) -> int:
    """What was charged for what is in it, minor units of the order's currency, for customs and insurance."""
    lines = shipment.lines.select_related("order_line")
    return sum(line.order_line.charged * line.quantity // line.order_line.quantity for line in lines)
