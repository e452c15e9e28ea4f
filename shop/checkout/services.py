"""Placing an order: the one transaction in which a bag becomes something that can be paid."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, transaction

from shop.accounts.models import User
from shop.cart import services as cart
from shop.cart.services import BagLine
from shop.cart.stores import StoredCart, key_for_placing
from shop.checkout import advice, paying, stock
from shop.checkout.quote import Choice, Quote, quote
from shop.checkout.sync import confirm
from shop.core.crash import crash_point
from shop.core.errors import ShopError
from shop.events.services import emit
from shop.marketing import services as marketing
from shop.marketing.reasons import Refusal
from shop.orders import services as orders
from shop.orders.models import Order
from shop.orders.services import Recipient
from shop.payments.models import PaymentAttempt

NOTHING_TO_PAY = "nothing to pay"
COUNTRY, GOODS, CODE, WAITS = "country", "goods", "code", "waits"


class CartChanged(ShopError):
    """The bag is not what its owner was shown: another revision, price or stock. Nothing was written."""

    def __init__(self, lines: list[BagLine]) -> None:
        names = ", ".join(f"{line.variant.product.name} in {line.variant.size.name}" for line in lines)
        super().__init__(f"This changed since you looked: {names}." if lines else "Your bag has changed.")
        self.lines = lines


class CodeRefused(ShopError):
    """The voucher code that its owner was shown to apply does not any more. Nothing was written."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.words)
        self.kind = refusal.kind


class DeliveryChanged(ShopError):
    """The chosen delivery costs something else there than was shown, or is not offered. Nothing was written."""


class CountryChanged(DeliveryChanged):
    """The goods cost something else in that country than in the one that was shown. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The amounts (minor units) a checkout page showed: the goods, and each way of delivery by its code.

    code: the voucher code that was shown to apply; country: for where it all was; waits: what was shown to come later.
    """

    goods: int = -1
    delivery: Mapping[str, int] = field(default_factory=dict)
    code: str = ""
    country: str = ""
    waits: str = ""

    def encode(self) -> str:
        """For a hidden field. Only its sender is protected by it, so it is not signed."""
        prices = {f"by-{code}": price for code, price in self.delivery.items()}
        return urlencode({COUNTRY: self.country, GOODS: self.goods, CODE: self.code, WAITS: self.waits, **prices})

    @classmethod
    def decode(cls, text: str) -> "Shown":
        """What encode() wrote; anything else matches no amounts."""
        fields = dict(parse_qsl(text[:2000]))
        code, country, waits = fields.pop(CODE, ""), fields.pop(COUNTRY, ""), fields.pop(WAITS, "")
        amounts = {name: int(value) for name, value in fields.items() if value.isascii() and value.isdigit()}
        goods = amounts.pop(GOODS, -1)
        return cls(goods, {name.removeprefix("by-"): amount for name, amount in amounts.items()}, code, country, waits)


def shown(quoted: Quote) -> Shown:
    """What a page with that quote shows."""
    prices = {choice.offer.code: choice.price for choice in quoted.choices}
    return Shown(quoted.charged.amount, prices, quoted.discounts.applied_code, quoted.country, waits_of(quoted))


def waits_of(quoted: Quote) -> str:
    """What of the bag is sold before it is here, and when it is promised: nobody waits who was not shown it."""
    later = [line for line in quoted.bag.lines if line.later]
    return " ".join(f"{line.variant.pk}x{line.later}:{line.variant.promised_on or ''}" for line in later)


def place_order(  # noqa: PLR0913 - what, to whom, how and by whom, flat for every caller
    *,
    stored: StoredCart | Quote,
    placement_key: str,
    recipient: Recipient,
    method: str,
    seen: Shown,
    user: User | None = None,
    provider: str = PaymentAttempt.Provider.STRIPE,
) -> Order:
    """Turn a bag into a PENDING order that holds its stock and has an attempt to be paid by; all of it or nothing.

    One that costs nothing is PAID at once, without an attempt.

    stored: the bag, or what this request has quoted for it already. method: the code of a way of delivery. seen: the
    amounts its buyer was shown. The same key gives the same order. Raises CartChanged, CodeRefused, CountryChanged,
    DeliveryChanged, OutOfStock, VoucherSpent, or ProviderRefused for an amount that the provider does
    not take. The payment itself is started after the commit.
    """
    try:
        placed = _place(stored, placement_key, recipient, (method, seen, provider), user)
    except IntegrityError:
        # A second click: its insert waited for the first one's commit.
        found = Order.objects.filter(placement_key=placement_key).first()
        if found is None:
            raise
        return found
    crash_point("placed-after-commit")
    return placed


@transaction.atomic
def _place(
    stored: StoredCart | Quote,
    placement_key: str,
    recipient: Recipient,
    agreed: tuple[str, Shown, str],
    user: User | None,
) -> Order:
    method, seen, provider = agreed
    quoted = quoted_as_shown(stored, placement_key, recipient, seen)
    chosen = agreed_choice(quoted, method, seen)
    closes_at = paying.closing_time()
    order = orders.create(
        placement_key=placement_key,
        lines=quoted.lines,
        recipient=recipient,
        delivery=chosen.terms(),
        taxation=chosen.taxation,
        user=user,
        hold_until=closes_at + paying.HOLD_MARGIN,
    )
    if order.grand_total:
        paying.open_attempt(order, provider, closes_at)
    stock.hold(order)
    marketing.redeem(order=order, applied=quoted.applied(chosen))
    if not quoted.has_rates:
        advice.without_rates(order)
    emit("OrderPlaced", orders.event_detail(order))
    if not order.grand_total:
        # Discounts took all of it: no provider takes a payment of nothing, and none is asked.
        confirm(order, NOTHING_TO_PAY)
    crash_point("placed-before-commit")
    return order


def quoted_as_shown(stored: StoredCart | Quote, placement_key: str, recipient: Recipient, seen: Shown) -> Quote:
    """The bag at the database's prices, if it is as its owner was shown.

    Raises CartChanged, CodeRefused or CountryChanged.
    """
    quoted = stored if isinstance(stored, Quote) else quoted_now(stored, recipient)
    bag = quoted.bag
    if bag.cart is None or not bag.lines:
        raise CartChanged([])
    if not key_for_placing(placement_key, "").startswith(key_for_placing(bag.cart.placement_key, "")):
        raise CartChanged([])
    if seen.code and quoted.discounts.refusal:
        raise CodeRefused(quoted.discounts.refusal)
    as_shown = quoted.charged.amount == seen.goods
    if not bag.problems and not as_shown and seen.country != recipient.country:
        raise CountryChanged(f"Going there, your pieces cost {quoted.charged}. Please check the new total.")
    if bag.problems or not as_shown:
        raise CartChanged(bag.problems or bag.repriced)
    if seen.waits != waits_of(quoted):
        raise CartChanged([line for line in bag.lines if line.later])
    return quoted


def quoted_now(stored: StoredCart, recipient: Recipient) -> Quote:
    return quote(cart.price(stored, with_sizes=False), recipient.country, customer=recipient.email)


def agreed_choice(quoted: Quote, method: str, seen: Shown) -> Choice:
    """That way of delivery, at the price that was shown. Raises DeliveryChanged."""
    found = next((choice for choice in quoted.choices if choice.offer.code == method), None)
    if found is None:
        raise DeliveryChanged("This way of delivery is not offered there. Please choose another.")
    if found.price != seen.delivery.get(method):
        name, price = found.offer.name, found.price_text
        raise DeliveryChanged(f"{name} to this country is {price}. Please check the new total.")
    return found


def last_order_from(bag_key: str) -> Order | None:
    """The newest order placed from that bag."""
    placed = Order.objects.filter(placement_key__startswith=key_for_placing(bag_key, ""))
    return placed.order_by("-placed_at").first()
