"""The port to carriers: what the shop asks of whoever brings its parcels, in the shop's own terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

# Of the 4xx; of all others nobody can say it anyway.
UNCERTAIN = frozenset({408, 425, 429})
# When news of a parcel may be from.
FIRST_YEAR, LAST_YEAR = 2000, 2200


class CarrierError(Exception):
    """The carrier did not do what was asked; the message is for staff."""


class CarrierRefused(CarrierError):
    """A definite no: nothing was made or changed."""


class CarrierUnavailable(CarrierError):
    """No definite answer (time-out, 5xx, 429): it may have happened. Look for it before asking again."""


class BadTracking(CarrierError):
    """A tracking message that is not, or not certainly, from the carrier."""


@dataclass(frozen=True, slots=True)
class Place:
    """A name and an address. country: ISO 3166 alpha-2."""

    name: str
    street: str
    city: str
    country: str
    street2: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """A parcel that needs a label. key: our own name of the request, which the carrier keeps with it."""

    key: str
    reference: str
    sender: Place
    recipient: Place
    weight_grams: int
    volume_cm3: int = 0
    service: str = ""
    value: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What the carrier made. cost: minor units of the shop's currency, None where the carrier does not say."""

    reference: str
    tracking_number: str
    tracking_url: str
    pdf: bytes
    service: str = ""
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Tracked:
    """One piece of news of a parcel. kind: a value of TrackingEvent.Kind; source: its id at the carrier.

    Raises ValueError for what no table can keep: a null character, half a letter, a year before carriers had computers.
    """

    source: str
    reference: str
    kind: str
    at: datetime
    place: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        text = self.source + self.reference + self.place + self.note
        if "\0" in text or not FIRST_YEAR <= self.at.year <= LAST_YEAR:
            raise ValueError("news that cannot be kept")
        # UnicodeEncodeError, a ValueError, for half of a letter that two code units stand for.
        text.encode()


class Carrier(Protocol):
    """Every call may raise CarrierRefused or CarrierUnavailable, and refuses to run inside a transaction."""

    name: str
    # What people call it.
    title: str
    # Without it staff write down the tracking number themselves, and no call is ever made.
    makes_labels: bool

    def label(self, request: LabelRequest) -> Label:
        """Make and pay a label."""

    def find(self, key: str) -> Label | None:
        """The label that was made under that key, None where none was: asked when an answer was lost."""

    def cancel(self, reference: str) -> None:
        """Give a label back that was not used. CarrierRefused once the parcel has left."""

    def track(self, reference: str) -> Sequence[Tracked]:
        """All news of a parcel by the carrier's own id, oldest first: for messages that were lost."""

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Tracked]:
        """The news in a message's raw body. Raises BadTracking unless it is signed and whole. No call."""


@lru_cache
def carrier(code: str) -> Carrier:
    """The adapter of that code, one of settings.CARRIERS. KeyError for an unknown one."""
    adapter: Carrier = import_string(settings.CARRIERS[code])()
    return adapter


def is_uncertain(status: int) -> bool:
    """Whether after that answer nobody can say if the request was carried out. 0: there was none."""
    return not 400 <= status < 500 or status in UNCERTAIN


def is_known(code: str) -> bool:
    return code in settings.CARRIERS
