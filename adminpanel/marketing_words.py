"""What a promotion or a sale does, as a sentence: so that whoever made it reads what it will do."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from shop.core.money import Money
from shop.marketing.models import Promotion
from shop.marketing.sale_models import Sale

MOST_NAMES = 4


def promotion_in_words(promotion: Promotion) -> str:
    """Such as '10% off Shirts and all below, for a code, from 1 December 2026, 09:00. Not with others.'"""
    who = "for a code" if promotion.needs_code else "for everybody"
    begin = f"{effect(promotion)} {scope(promotion)}, {who}, {span(promotion.starts_at, promotion.ends_at)}."
    return " ".join([begin, *conditions(promotion)])


def effect(promotion: Promotion) -> str:
    """What it takes off."""
    if promotion.kind == Promotion.Kind.PERCENT:
        return f"{promotion.percent}% off"
    if promotion.kind == Promotion.Kind.AMOUNT:
        return f"{Money(promotion.amount or 0, promotion.currency)} off, spread over"
    if promotion.kind == Promotion.Kind.FREE_DELIVERY:
        return "Free delivery for"
    free, paid = promotion.free_quantity or 0, promotion.buy_quantity or 0
    return f"The {'cheapest' if free == 1 else f'{free} cheapest'} of every {free + paid} pieces free:"


def scope(row: Promotion | Sale) -> str:
    """What it is for; of a saved row."""
    categories = [f"{category} and all below" for category in row.categories.all()] if row.pk else []
    products = [str(product) for product in row.products.all()] if row.pk else []
    reduced = " that is not reduced" if isinstance(row, Promotion) and row.spares_reduced else ""
    return (listed([*categories, *products]) or "everything") + reduced


def listed(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    all_names = list(names)
    more = len(all_names) - MOST_NAMES
    return ", ".join(all_names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def conditions(promotion: Promotion) -> list[str]:
    """The sentences after the first."""
    found = [] if promotion.is_active else ["Switched off now."]
    if promotion.minimum_goods:
        found.append(f"From {Money(promotion.minimum_goods, promotion.currency)} of these on.")
    if promotion.max_uses_per_customer:
        found.append(f"At most {promotion.max_uses_per_customer} for each customer.")
    found.append(used_and_left(promotion.uses, promotion.max_uses))
    if not promotion.is_combinable:
        found.append("Not together with others: whatever saves the buyer more counts.")
    return found


def used_and_left(uses: int, most: int | None) -> str:
    """Such as 'Used 3 times, 97 left.'"""
    times = "once" if uses == 1 else f"{uses} times"
    return f"Used {times}." if most is None else f"Used {times}, {most - uses} left."


def span(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """From when until when, in the shop's time."""
    begin = f"from {moment(starts_at)}" if starts_at else ""
    return f"{begin} to {moment(ends_at)}" if ends_at else f"{begin} on"


def moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y, H:i")


def sale_in_words(sale: Sale) -> str:
    """Such as '20% off Shirts and all below, from … to …. Prices follow within a minute.'"""
    off = "" if sale.is_active else " Switched off now."
    begin = f"{sale.percent}% off {scope(sale)}, {span(sale.starts_at, sale.ends_at)}.{off}"
    return f"{begin} Prices follow within a minute, and are put back afterwards; one changed by hand stays as it is."
