"""What a bag costs where it goes: the one calculation behind the bag's page, the checkout and the placed order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from shop.cart.services import Bag, BagLine
from shop.catalog.renditions import smallest
from shop.catalog.snapshot import Snapshot
from shop.checkout import promises
from shop.core.money import Money
from shop.delivery.models import ShippingRate
from shop.delivery.services import Load, Offer, offers_of, shown_rates
from shop.marketing import services as marketing
from shop.marketing.discounts import Applied, Goods
from shop.marketing.offers import Asked
from shop.marketing.services import Discounts
from shop.orders.services import DeliveryTerms, LineToOrder, Taxation
from shop.tax.amounts import TaxShare, breakdown, contained
from shop.tax.services import Levy, levy_for


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

    @property
    def tax(self) -> Money:
        """The tax contained in the total."""
        return Money(self.taxation.total, self.offer.currency)

    def terms(self) -> DeliveryTerms:
        """What an order keeps of it."""
        offer = self.offer
        return replace(offer.terms(), discount=self.discount)


@dataclass(frozen=True, slots=True)
class Quote:
    """The sold lines of a bag as one country is charged for them, and its ways of delivery in shown order."""

    bag: Bag
    country: str
    currency: str
    lines: tuple[LineToOrder, ...]
    choices: tuple[Choice, ...]
    discounts: Discounts
    is_export: bool = False
    # Whether there are any VAT rates to go by.
    has_rates: bool = True

    @property
    def goods(self) -> Money:
        """All lines before their discounts."""
        return Money(sum(line.total for line in self.lines), self.currency)

    @property
    def charged(self) -> Money:
        """What is to be paid for the lines."""
        return Money(sum(line.charged for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        """The tax contained in what is to be paid for the lines."""
        return Money(sum(line.tax for line in self.lines), self.currency)

    def applied(self, choice: Choice) -> list[Applied]:
        """What each promotion takes off an order that is delivered in that way."""
        found = list(self.discounts.applied)
        if self.discounts.free_delivery and choice.discount:
            found.append(self.discounts.free_delivery.worth(choice.discount))
        return found

    def chosen(self, method: object) -> Choice | None:
        """The way of delivery of that code; the first one where there is none of it."""
        return next((choice for choice in self.choices if choice.offer.code == method), next(iter(self.choices), None))


def quote(bag: Bag, country: str, catalogue: Snapshot | None = None, customer: str = "") -> Quote:
    """What that bag costs in that country (ISO 3166 alpha-2), for the customer of that e-mail address where known.

    With a catalogue at the delivery and tax rates that it holds, without one at those read now. In this order: prices
    as that country pays them, discounts, ways of delivery for the discounted goods, discounts on those, taxes.
    """
    promises.tell(line.variant for line in bag.lines if line.later)
    levy = levy_for(country, catalogue)
    lines = [priced(line, levy) for line in bag.lines if line.is_sold]
    found = discounts_of(bag, lines, customer, catalogue)
    lines = [taxed(replace(line, discount=found.share(line.variant.pk)), levy) for line in lines]
    goods = sum(line.charged for line in lines)
    rates = shown_rates(catalogue, country) if catalogue else ShippingRate.objects.offered_in(country)
    free = found.free_delivery is not None
    offered = offers_of(rates, country, load_of(lines, goods), catalogue=catalogue) if lines else []
    later = later_of(bag)
    choices = tuple(choice(replace(offer, later=later), lines, levy, free=free) for offer in offered)
    return Quote(bag, country, bag.currency, tuple(lines), choices, found, levy.is_export, levy.is_known)


def later_of(bag: Bag) -> Literal["", "rest", "all"]:
    """How much of what is sold of the bag is sold before it is here."""
    later = sum(line.later for line in bag.lines)
    if not later:
        return ""
    return "all" if later == sum(line.quantity for line in bag.lines if line.is_sold) else "rest"


def load_of(lines: Sequence[LineToOrder], goods: int) -> Load:
    """What these lines weigh and fill, worth so much (minor units)."""
    pieces = [(line.variant.product, line.quantity) for line in lines]
    weight = sum(product.weight_grams * units for product, units in pieces)
    return Load(goods, weight, sum(product.volume_cm3 * units for product, units in pieces))


def priced(line: BagLine, levy: Levy) -> LineToOrder:
    """A line at what its country pays for one unit."""
    variant = line.variant
    tax_class = variant.product.tax_class
    unit_price = levy.unit_price(variant.price, tax_class)
    return LineToOrder(variant, line.quantity, unit_price, smallest(line.picture), tax_class=tax_class)


def discounts_of(bag: Bag, lines: Sequence[LineToOrder], customer: str, catalogue: Snapshot | None) -> Discounts:
    """What promotions take off these lines, which are priced already."""
    goods = [
        Goods(
            key=line.variant.pk,
            product_id=line.variant.product_id,
            category_id=line.variant.product.category_id,
            unit_price=line.unit_price,
            quantity=line.quantity,
            is_reduced=line.variant.compare_at_price is not None,
        )
        for line in lines
    ]
    keys = bag.cart.keys if bag.cart else ()
    asked = Asked(bag.currency, bag.code, marketing.customer_of(customer), keys)
    return marketing.discounts(goods, asked, catalogue)


def taxed(line: LineToOrder, levy: Levy) -> LineToOrder:
    """A line with the tax contained in what is charged for it, rounded here and never again."""
    rate = levy.rate(line.tax_class)
    return replace(line, tax_rate=rate, tax=contained(line.charged, rate))


def choice(offer: Offer, lines: Sequence[LineToOrder], levy: Levy, *, free: bool = False) -> Choice:
    """A way of delivery for those taxed lines; free: where a discount takes all of its price."""
    price = levy.delivery_price(offer.price, [(line.tax_class, line.charged) for line in lines])
    discount = price if free else 0
    goods = [TaxShare(line.tax_rate, line.charged, line.tax) for line in lines]
    shares = () if levy.is_export else breakdown(goods, price - discount)
    charged = sum(line.charged for line in lines)
    return Choice(replace(offer, price=price), charged, discount, Taxation(levy.country, shares))
