"""What buyers are told of their parcels, each piece of news once."""

from dataclasses import dataclass

from shop.core.dates import long_day
from shop.delivery.shipment_models import Shipment, TrackingEvent
from shop.delivery.ways import collected_at
from shop.mail.services import queue_mail
from shop.orders.models import Order

State = Shipment.State


@dataclass(frozen=True, slots=True)
class Letter:
    """The words of one mail about a parcel: subject, heading, what it says, and the button's words."""

    subject: str
    heading: str
    story: str
    button: str = "See your order"


LETTERS: dict[str, Letter] = {
    State.DISPATCHED: Letter("{parcel} is on its way", "On its way", "{parcel} has left us{until}.", "Follow it"),
    State.READY: Letter(
        "{parcel} is ready to collect",
        "It is here",
        "{parcel} waits for you at {place}. Bring this mail or the order number; we keep it for 14 days.",
    ),
    State.DELIVERED: Letter(
        "{parcel} has arrived",
        "It is yours",
        "{parcel} was handed over. Nobody gave it to you? Answer this mail and we look into it.",
    ),
    State.FAILED: Letter(
        "{parcel} could not be handed over",
        "Nobody was there",
        "The courier could not hand over {parcel_in}{note}. They usually try again on the next working day. "
        "Is something wrong with the address? Answer this mail.",
        "Follow it",
    ),
    State.LOST: Letter(
        "{parcel} is lost",
        "We are sorry",
        "The courier cannot find {parcel_in}. That is ours to put right: we send it again or give you your money back, "
        "and write to you within two working days. There is nothing for you to do.",
    ),
    State.RETURNED: Letter(
        "{parcel} came back to us",
        "It came back",
        "The courier brought {parcel_in} back to us{note}. Answer this mail to tell us where it should go, or that you "
        "would rather have your money back.",
    ),
}

NOT_FETCHED = Letter(
    "Nobody collected {parcel_in}",
    "It waited for you",
    "{parcel} waited for you at {place}, and nobody came for it. Answer this mail if you would still like to have it; "
    "otherwise you get your money back.",
)

AT_A_PARCEL_SHOP = Letter(
    "{parcel} is ready to collect",
    "It is near you",
    "{parcel} waits for you at {place}. Bring the tracking number and something that shows who you are; the courier "
    "keeps it for a few days only.",
    "Follow it",
)


def letter_of(order: Order, shipment: Shipment, state: str) -> Letter | None:
    """The letter for that state; what waits or waited at our own counter is told otherwise than what a courier has."""
    is_ours = collected_at(order) is not None
    if state == State.RETURNED and is_ours and shipment.events.filter(kind=TrackingEvent.Kind.READY).exists():
        return NOT_FETCHED
    return AT_A_PARCEL_SHOP if state == State.READY and not is_ours else LETTERS.get(state)


def write(order: Order, shipment: Shipment, state: str) -> None:
    """Queue the mail about a parcel that came to that state; a state without one is passed over."""
    letter = letter_of(order, shipment, state)
    if letter is None:
        return
    words = words_of(order, shipment)
    queue_mail(
        key=f"parcel-{state}:{shipment.number}",
        to=order.email,
        template="parcel",
        context={
            "order": order,
            "shipment": shipment,
            "first_name": order.full_name.strip().partition(" ")[0],
            "subject": letter.subject.format(**words),
            "heading": letter.heading,
            "story": letter.story.format(**words),
            "button": letter.button,
            "is_collected": state == State.READY,
            "lines": list(shipment.lines.select_related("order_line")),
        },
    )


def words_of(order: Order, shipment: Shipment) -> dict[str, str]:
    """What letters fill in: the parcel by its place among the order's, where it is and when it comes."""
    known = list(order.shipments.exclude(state=State.CANCELLED).order_by("pk").values_list("pk", flat=True))
    alone = len(known) < 2
    number = "" if alone else f"Parcel {known.index(shipment.pk) + 1} of {len(known)}"
    return {
        "parcel": number or "Your parcel",
        "parcel_in": number.lower() or "your parcel",
        "until": f" and should be with you by {long_day(promised)}" if (promised := shipment.day_to_come) else "",
        "place": place_of(order, shipment),
        "note": f" ({shipment.closed_note})" if shipment.closed_note else "",
    }


def place_of(order: Order, shipment: Shipment) -> str:
    """Name, address and hours of where it waits, on one line; of a courier's counter what the courier says."""
    place = collected_at(order)
    if place is None:
        ready = shipment.events.filter(kind=TrackingEvent.Kind.READY).order_by("-at").first()
        return (ready and ready.place) or "the courier's counter"
    return ", ".join(part for part in [place.name, *place.address.splitlines(), place.opening_hours] if part)
