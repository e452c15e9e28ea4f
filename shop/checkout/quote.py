"""What a bag costs where it goes: the one calculation behind the bag's page, the checkout and the placed order."""

from dataclasses import dataclass, field

from shop.cart.services import Bag
from shop.catalog.renditions import smallest
from shop.catalog.snapshot import Snapshot
from shop.core.money import Money
from shop.delivery.models import ShippingRate
from shop.delivery.services import Offer, offers_of, shown_rates
from shop.orders.services import DeliveryTerms, LineToOrder, Taxation


@dataclass(frozen=True, slots=True)
class Choice:
    """One way of delivery, with all that the order costs when it is chosen. Amounts in minor units."""

    offer: Offer
    goods: int
    discount: int = 0
    taxation: Taxation = field(default_factory=Taxation)

    @property
    def price(self) -> int:
        """What is charged for the delivery."""
        return self.offer.price - self.discount

    @property
    def price_text(self) -> str:
        return str(Money(self.price, self.offer.currency)) if self.price else "Free"

    @property
    def total(self) -> Money:
        return Money(self.goods + self.price, self.offer.currency)

    def terms(self) -> DeliveryTerms:
        """What an order keeps of it."""
        offer = self.offer
        return DeliveryTerms(offer.code, offer.name, offer.price, offer.first_day, offer.last_day, self.discount)


@dataclass(frozen=True, slots=True)
class Quote:
    """The sold lines of a bag as one country is charged for them, and its ways of delivery in shown order."""

    country: str
    currency: str
    lines: tuple[LineToOrder, ...]
    choices: tuple[Choice, ...]

    @property
    def goods(self) -> Money:
        """All lines before their discounts."""
        return Money(sum(line.total for line in self.lines), self.currency)

    @property
    def charged(self) -> Money:
        """What is to be paid for the lines."""
        return Money(sum(line.total - line.discount for line in self.lines), self.currency)

    def chosen(self, method: object) -> Choice | None:
        """The way of delivery of that code; the first one where there is none of it."""
        return next((choice for choice in self.choices if choice.offer.code == method), next(iter(self.choices), None))


def quote(bag: Bag, country: str, catalogue: Snapshot | None = None) -> Quote:
    """What that bag costs in that country (ISO 3166 alpha-2).

    With a catalogue at the delivery rates that it holds, for showing; without one at those read now, for agreeing.
    """
    lines = tuple(
        LineToOrder(line.variant, line.quantity, line.variant.price, smallest(line.picture))
        for line in bag.lines
        if line.is_sold
    )
    goods = sum(line.total - line.discount for line in lines)
    rates = shown_rates(catalogue, country) if catalogue else ShippingRate.objects.offered_in(country)
    choices = tuple(Choice(offer, goods) for offer in offers_of(rates, goods)) if lines else ()
    return Quote(country, bag.currency, lines, choices)
