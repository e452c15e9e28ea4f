"""What promotions take off a bag: arithmetic on integers of minor units. Nothing here knows a database or a request.

Promotions work one after the other (free pieces, percents, amounts, free delivery; older before newer), each on what
those before left of a line. So no line is ever reduced below nothing, and the order of the lines does not matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from shop.core.money import Money, smallest_step
from shop.core.sharing import apportion
from shop.marketing.models import Promotion, label

Kind = Promotion.Kind
SEQUENCE = (Kind.BUY_GET, Kind.PERCENT, Kind.AMOUNT, Kind.FREE_DELIVERY)


@dataclass(frozen=True, slots=True)
class Goods:
    """One line of a bag. key: names it, alone in its bag; is_reduced: it has a struck price."""

    key: int
    product_id: int
    category_id: int
    unit_price: int
    quantity: int
    is_reduced: bool = False

    @property
    def total(self) -> int:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Terms:
    """A promotion as figures; voucher_id and code where it is given for a code.

    category_ids: with all categories below them; where there are neither these nor products, it is for everything.
    """

    promotion_id: int
    name: str
    kind: str
    percent: int = 0
    amount: int = 0
    buy_quantity: int = 0
    free_quantity: int = 0
    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    spares_reduced: bool = False
    minimum: int = 0
    is_combinable: bool = True
    voucher_id: int | None = None
    code: str = ""

    def fits(self, line: Goods) -> bool:
        """Whether the promotion is for that line at all."""
        if self.spares_reduced and line.is_reduced:
            return False
        anything = not self.product_ids and not self.category_ids
        return anything or line.product_id in self.product_ids or line.category_id in self.category_ids


@dataclass(frozen=True, slots=True)
class Applied:
    """A promotion and what it takes off. Of free delivery the amount is known once a way of delivery is."""

    promotion_id: int
    name: str
    amount: Money
    voucher_id: int | None = None
    code: str = ""

    def worth(self, amount: int) -> "Applied":
        return replace(self, amount=Money(amount, self.amount.currency))

    @property
    def label(self) -> str:
        return label(self.name, self.code)


class Reason(Enum):
    """Why a promotion takes nothing off a bag."""

    NOTHING_FITS = "nothing-fits"
    MINIMUM = "minimum"
    NOT_COMBINABLE = "not-combinable"
    NO_MORE = "no-more"


@dataclass(frozen=True, slots=True)
class Refused:
    """That it does not apply, and what there is to say of it: the missing value of goods, or the better promotion."""

    reason: Reason
    missing: int = 0
    better: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """shares: what is taken off each line, by its key; applied: the same by promotion; refused: the others, by id."""

    currency: str
    shares: Mapping[int, int]
    applied: tuple[Applied, ...] = ()
    free_delivery: Applied | None = None
    refused: Mapping[int, Refused] | None = None

    @property
    def total(self) -> int:
        return sum(self.shares.values())


def discount(lines: Iterable[Goods], offered: Iterable[Terms], currency: str) -> Outcome:
    """The best for the buyer of: all that may be combined together, or one of the others alone.

    Where two are as good, the one with the buyer's code.
    """
    ordered = sorted(lines, key=lambda line: line.key)
    terms = sorted(offered, key=lambda term: (SEQUENCE.index(Kind(term.kind)), term.promotion_id))
    refused = {term.promotion_id: refusal for term in terms if (refusal := why_not(term, ordered))}
    fitting = [term for term in terms if term.promotion_id not in refused]
    sets = [[term for term in fitting if term.is_combinable], *([t] for t in fitting if not t.is_combinable)]
    outcomes = [combine(chosen, ordered, currency) for chosen in sets]
    best = max(outcomes, key=lambda outcome: (outcome.total, has_code(outcome), bool(outcome.free_delivery)))
    for term in fitting:
        if term.promotion_id not in applied_ids(best):
            refused[term.promotion_id] = beaten(term, best, sets[outcomes.index(best)])
    return replace(best, refused=refused)


def why_not(term: Terms, lines: Sequence[Goods]) -> Refused | None:
    """What keeps a promotion from these lines whatever else applies; None where nothing does."""
    fitting = [line for line in lines if term.fits(line)]
    if not fitting:
        return Refused(Reason.NOTHING_FITS)
    missing = term.minimum - sum(line.total for line in fitting)
    return Refused(Reason.MINIMUM, missing=missing) if missing > 0 else None


def combine(terms: Sequence[Terms], lines: Sequence[Goods], currency: str) -> Outcome:
    """These promotions one after the other; what takes nothing off is left out."""
    left = {line.key: line.total for line in lines}
    applied, free_delivery = list[Applied](), None
    for term in terms:
        mark = Applied(term.promotion_id, term.name, Money(0, currency), term.voucher_id, term.code)
        if term.kind == Kind.FREE_DELIVERY:
            free_delivery = free_delivery or mark
            continue
        taken = TAKE[term.kind](term, [line for line in lines if term.fits(line)], left)
        taken = {key: amount - amount % smallest_step(currency) for key, amount in taken.items()}
        for key, amount in taken.items():
            left[key] -= amount
        if amount := sum(taken.values()):
            applied.append(mark.worth(amount))
    return Outcome(currency, {line.key: line.total - left[line.key] for line in lines}, tuple(applied), free_delivery)


def take_percent(term: Terms, lines: Sequence[Goods], left: Mapping[int, int]) -> dict[int, int]:
    """Rounded half up, once per line."""
    return {line.key: (left[line.key] * term.percent + 50) // 100 for line in lines}


def take_amount(term: Terms, lines: Sequence[Goods], left: Mapping[int, int]) -> dict[int, int]:
    """Spread by what is left of each line, by largest remainder; never more than there is."""
    weights = [left[line.key] for line in lines]
    parts = apportion(min(term.amount, sum(weights)), weights) if sum(weights) else [0] * len(lines)
    return {line.key: part for line, part in zip(lines, parts, strict=True)}


def take_free_pieces(term: Terms, lines: Sequence[Goods], left: Mapping[int, int]) -> dict[int, int]:
    """Of each full set of pieces so many are free, and of all pieces it is the cheapest ones."""
    pieces = sum(line.quantity for line in lines)
    free = pieces // (term.buy_quantity + term.free_quantity) * term.free_quantity
    taken: dict[int, int] = {}
    for line in sorted(lines, key=lambda line: (line.unit_price, line.key)):
        units = min(free, line.quantity)
        free -= units
        taken[line.key] = min(line.unit_price * units, left[line.key])
    return taken


Take = Callable[[Terms, Sequence[Goods], Mapping[int, int]], dict[int, int]]
TAKE: dict[str, Take] = {
    Kind.PERCENT: take_percent,
    Kind.AMOUNT: take_amount,
    Kind.BUY_GET: take_free_pieces,
}


def applied_ids(outcome: Outcome) -> set[int]:
    """The promotions of an outcome."""
    delivery = {outcome.free_delivery.promotion_id} if outcome.free_delivery else set()
    return {applied.promotion_id for applied in outcome.applied} | delivery


def has_code(outcome: Outcome) -> bool:
    marks = [*outcome.applied, *([outcome.free_delivery] if outcome.free_delivery else [])]
    return any(mark.code for mark in marks)


def beaten(term: Terms, best: Outcome, chosen: Sequence[Terms]) -> Refused:
    """Why a promotion that fits is not among the best: it had nothing left to take, or stands alone and saves less."""
    if term in chosen:
        return Refused(Reason.NO_MORE)
    marks = [*best.applied, *([best.free_delivery] if best.free_delivery else [])]
    if not marks:
        return Refused(Reason.NO_MORE)
    return Refused(Reason.NOT_COMBINABLE, better=max(marks, key=lambda mark: mark.amount.amount).name)
