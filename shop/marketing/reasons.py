"""Why a code does not apply, in words for the person who typed it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format

from shop.core.money import Money
from shop.marketing.discounts import Reason, Refused, Terms

if TYPE_CHECKING:
    from shop.marketing.offers import Offered


@dataclass(frozen=True, slots=True)
class Refusal:
    """kind: the reason as a word for machines; words: shown beside the field."""

    kind: str
    words: str


UNKNOWN = Refusal("unknown", "We do not know this code. Check how it is spelled.")
SPENT = Refusal("spent", "This code has been used up.")
USED_BY_YOU = Refusal("used-by-you", "You have used this code already.")
OVER = Refusal("expired", "This code is not valid any more.")
BY_KIND = {refusal.kind: refusal for refusal in (UNKNOWN, SPENT, USED_BY_YOU, OVER)}


def refusal_of(found: "Offered", now: datetime) -> Refusal | None:
    """Why a code is of no use whatever is in the bag; None where it may be of use."""
    promotion = found.promotion
    if not promotion.is_active:
        return OVER
    if promotion.starts_at > now:
        return Refusal("early", f"This code is valid from {moment(promotion.starts_at)}.")
    if promotion.ends_at and promotion.ends_at <= now:
        return Refusal("expired", f"This code ended on {moment(promotion.ends_at)}.")
    if found.is_spent:
        return SPENT
    return USED_BY_YOU if found.is_used_by_customer else None


def words_of(refused: Refused, terms: Terms, currency: str) -> Refusal:
    """Why a valid code does nothing for this bag."""
    if refused.reason == Reason.MINIMUM:
        for_some = terms.product_ids or terms.category_ids or terms.spares_reduced
        what = " of what it is for" if for_some else ""
        words = f"Add {Money(refused.missing, currency)} more{what} to use this code."
    elif refused.reason == Reason.NOTHING_FITS:
        words = "Nothing in your bag is part of this offer."
    elif refused.reason == Reason.NOT_COMBINABLE:
        words = f"This code cannot be combined with “{refused.better}”, which saves you more."
    else:
        words = "This code takes nothing more off this bag."
    return Refusal(refused.reason.value, words)


def moment(at: datetime) -> str:
    """A time as the shop's clocks show it: '1 December 2026, 09:00'."""
    return date_format(timezone.localtime(at), "j F Y, H:i")
