"""What staff do with one parcel: each step a button on its page, refused in words where it cannot be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from adminpanel.person import signed_in
from shop.accounts.models import User
from shop.adapters.carriers import CarrierError
from shop.adapters.payments import ProviderError
from shop.core.errors import ShopError
from shop.delivery import troubles
from shop.delivery.labels import drop_label, make_label, send_by_post, write_tracking
from shop.delivery.parcels import dispatch, make_ready, note
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.ways import collected_at, needs_label
from shop.packing import undelivered
from shop.packing.services import unpack

Kind, State = TrackingEvent.Kind, Shipment.State
Do = Callable[[HttpRequest, Shipment, Any], str]


@dataclass(frozen=True)
class ParcelStep:
    """One button. states: in which it stands there; asks: the label of the words it wants, empty for none."""

    code: str
    label: str
    do: Do
    states: tuple[Shipment.State, ...]
    asks: str = ""
    right: str = "shop.change_shipment"

    def run(self, request: HttpRequest, shipment: Shipment) -> None:
        """Do it and say what came of it; what is refused changes nothing."""
        if not request.user.has_perm(self.right):
            messages.error(request, "Your role may not do that.")
            return
        try:
            messages.success(request, self.do(request, shipment, signed_in(request)))
        except (ShopError, CarrierError, ProviderError) as refused:
            messages.error(request, str(refused))


def words(request: HttpRequest) -> str:
    return request.POST.get("words", "").replace("\0", "").strip()[:200]


def label(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    make_label(shipment.pk, actor=actor)
    return "The label is there."


def drop(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    drop_label(shipment.pk, actor=actor)
    return "The label was given back."


def by_post(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    send_by_post(shipment.pk)
    return "It goes by post: buy the postage, write down the tracking number if there is one, and hand it over."


def tracking(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    write_tracking(shipment.pk, words(request))
    return "The tracking number is written down."


def hand_over(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    gone = dispatch(shipment.pk, actor=actor)
    return f"{shipment.number} is handed over." if gone else f"{shipment.number} had gone before: nothing was done."


def ready(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    new = make_ready(shipment.pk, actor=actor)
    return "The customer is told that it can be collected." if new else "The customer was told before."


def noting(kind: TrackingEvent.Kind) -> Do:
    """A step that writes down news of that kind."""

    def do(request: HttpRequest, shipment: Shipment, actor: User) -> str:
        new = note(shipment.pk, kind, words=words(request), actor=actor)
        return f"Noted: {kind.label.lower()}." if new else "That was noted before."

    return do


def restock(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    troubles.take_in(shipment.pk, damaged=False, actor=actor)
    return "The goods are back in stock."


def damaged(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    troubles.take_in(shipment.pk, damaged=True, actor=actor)
    return "The goods are set aside as damaged."


def again(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    undelivered.send_again(shipment.pk, actor=actor)
    return "The goods are held again and wait to be packed."


def refund(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    """What was charged for what is in it, once."""
    undelivered.refund_goods(shipment.pk, actor=actor)
    return "The refund is on its way. Add the delivery's price on the order's page if it is due."


def open_again(request: HttpRequest, shipment: Shipment, actor: User) -> str:
    unpack(shipment)
    return "The parcel is opened: its pieces are to be packed again."


IN_HOUSE, OUTSIDE = (State.PACKED,), (State.DISPATCHED, State.IN_TRANSIT)
ALL_STEPS = (
    ParcelStep("label", "Make the label", label, IN_HOUSE),
    ParcelStep("hand-over", "Hand over to the carrier", hand_over, IN_HOUSE),
    ParcelStep("ready", "Ready to collect", ready, (*IN_HOUSE, *OUTSIDE)),
    ParcelStep("tracking", "Write the tracking number", tracking, (*IN_HOUSE, *OUTSIDE), asks="Tracking number"),
    ParcelStep("drop-label", "Give the label back", drop, IN_HOUSE),
    ParcelStep("by-post", "Send by post", by_post, IN_HOUSE),
    ParcelStep("unpack", "Open it again", open_again, (*IN_HOUSE, State.READY, State.FAILED)),
    ParcelStep("collected", "It was collected", noting(Kind.DELIVERED), (State.READY,)),
    ParcelStep("delivered", "It arrived", noting(Kind.DELIVERED), (*OUTSIDE, State.FAILED, State.LOST)),
    ParcelStep("failed", "Could not be delivered", noting(Kind.FAILED), OUTSIDE, asks="Why"),
    ParcelStep("lost", "It is lost", noting(Kind.LOST), (*OUTSIDE, State.FAILED), asks="What the carrier says"),
    ParcelStep("returned", "It came back", noting(Kind.RETURNED), (*OUTSIDE, State.FAILED, State.LOST)),
    ParcelStep("not-fetched", "Nobody fetched it", noting(Kind.RETURNED), (State.READY,)),
    ParcelStep("restock", "Put the goods back into stock", restock, (State.RETURNED,)),
    ParcelStep("damaged", "Set the goods aside as damaged", damaged, (State.RETURNED,)),
    ParcelStep("again", "Send the goods again", again, (State.LOST, State.RETURNED)),
    ParcelStep("refund", "Refund the goods", refund, (State.LOST, State.RETURNED), right="shop.add_refund"),
)
STEPS = {step.code: step for step in ALL_STEPS}


def offered_steps(user: Any, shipment: Shipment) -> list[ParcelStep]:
    """The buttons for that person now."""
    order, skip = shipment.order, set()
    if collected_at(order):
        skip |= {"label", "tracking", "drop-label"}
        skip |= {"hand-over"} if collected_at(order) == shipment.location else set()
    else:
        skip.add("ready")
    has_label = getattr(shipment, "has_label", False)
    if has_label:
        skip |= {"label", "tracking", "by-post"}
    else:
        skip |= {"drop-label", "tracking"} if needs_label(order, shipment) else {"drop-label", "label", "by-post"}
    skip |= set() if shipment.is_in_house else {"unpack"}
    skip |= {"restock", "damaged"} if shipment.goods_end else set()
    skip |= {"again", "refund"} if shipment.remedy else set()
    return [
        step
        for step in ALL_STEPS
        if shipment.state in step.states and step.code not in skip and user.has_perm(step.right)
    ]
