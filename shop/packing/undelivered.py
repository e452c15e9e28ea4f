"""A parcel that never reached its buyer: the goods are sent again, or the money goes back; one of the two, once."""

from collections.abc import Iterable

from django.db import transaction

from shop.accounts.models import User
from shop.delivery import troubles
from shop.delivery.fulfilment import is_left_to_pack, parcels_of
from shop.delivery.locking import locked
from shop.delivery.shipment_models import Shipment
from shop.orders.models import Order
from shop.packing.services import follow_holds
from shop.payments.models import Refund
from shop.payments.refunds import send_all
from shop.refunds import services as refunding
from shop.refunds.services import Cause
from shop.suppliers.promises import promise

Remedy = Shipment.Remedy


@transaction.atomic
def send_again(shipment_id: int, *, actor: User | None) -> None:
    """The goods of a lost or returned parcel are held once more, and wait to be packed. Raises ShopError."""
    order, waits = troubles.send_again(shipment_id, actor=actor)
    promise(waits)
    follow_holds(order)


def refund_goods(shipment_id: int, *, actor: User | None) -> list[Refund]:
    """What was charged for the goods of a lost or returned parcel goes back; asked twice it is done once.

    Where nothing else of the order is left, as with one that nobody fetched, the whole order is called off. Raises
    ShopError, with nothing changed.
    """
    with transaction.atomic():
        made = write_refunds(shipment_id, actor)
    send_all(made)
    return made


def write_refunds(shipment_id: int, actor: User | None) -> list[Refund]:
    """The same within the caller's transaction; the refunds are to be sent after it."""
    order, _ = refunding.lock(Shipment.objects.select_related("order").get(pk=shipment_id).order)
    order, shipment = locked(shipment_id)
    key = f"parcel:{shipment.number}"
    if shipment.remedy == Remedy.REFUNDED:
        return list(Refund.objects.filter(attempt__order=order, request_key=key))
    troubles.refuse_settled(shipment)
    if not shipment.dispatched_at and not shipment.goods_end:
        # Nobody fetched it: what is paid back is not held any more.
        troubles.take_in(shipment_id, damaged=False, actor=actor)
        order, shipment = locked(shipment_id)
    troubles.settle(order, shipment, Remedy.REFUNDED)
    words = f"parcel {shipment.number}: {shipment.get_state_display().lower()}"
    if is_all_gone(order, parcels_of(order)):
        return refunding.cancel_paid(order=order, actor=actor, reason=words)
    cause = Cause(Refund.Reason.GOODWILL, words, actor, key)
    units: dict[int, int] = {}
    for line, count in troubles.goods_of(shipment).items():
        units[line[0]] = units.get(line[0], 0) + count
    made = refunding.refund_units(order=order, units=units, cause=cause)
    if not made:
        raise refunding.NotRefundable("All of this was paid back before, or cost nothing.")
    return made


def is_all_gone(order: Order, parcels: Iterable[Shipment]) -> bool:
    """Whether nothing of the order was ever sent or is to be."""
    return not any(parcel.dispatched_at or parcel.is_in_house for parcel in parcels) and not is_left_to_pack(order)
