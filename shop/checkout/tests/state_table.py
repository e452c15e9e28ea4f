"""What every answer of a provider does: the table that docs/payments.md shows and test_states.py holds the code to.

Written from the rules, not from the code. A row stands for every combination of the states it names; a combination
that no row names must change nothing at all.
"""

from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from shop.checkout.sync import Fact
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt

Pay: TypeAlias = PaymentAttempt.State
Ord: TypeAlias = Order.State
UNDECIDED = (Pay.CREATED, Pay.OPEN)
NOT_FAILED = (*UNDECIDED, Pay.PROCESSING)
# Money is believed even of a payment that was given up; only what was settled before is not asked about again.
NOT_SETTLED = (*NOT_FAILED, Pay.FAILED, Pay.EXPIRED)
EVERY_ORDER = tuple(Ord)


@dataclass(frozen=True)
class Row:
    """A fact, the states it may find, and what they become (None: the order stays as it is).

    when: what else has to be so of a cancelled order; empty for whatever is.
    """

    fact: Fact
    attempts: tuple[Pay, ...]
    orders: tuple[Ord, ...]
    attempt: Pay
    order: Ord | None
    effects: tuple[str, ...] = ()
    when: str = ""


# What may be so of a cancelled order.
CANCELLED = (TO_BE_HAD, GONE, CALLED_OFF) = ("its stock to be had", "its stock gone", "called off by somebody")
SOLD = ("stock is held without an end", "OrderPaid")
TABLE = (
    Row(Fact.OPEN, (Pay.CREATED,), EVERY_ORDER, Pay.OPEN, None),
    Row(Fact.PROCESSING, UNDECIDED, (Ord.PENDING,), Pay.PROCESSING, Ord.PROCESSING),
    Row(Fact.PROCESSING, UNDECIDED, (Ord.PROCESSING, Ord.PAID, Ord.REVIEW, Ord.CANCELLED), Pay.PROCESSING, None),
    Row(Fact.PAID, NOT_SETTLED, (Ord.PENDING, Ord.PROCESSING), Pay.PAID, Ord.PAID, SOLD),
    Row(Fact.PAID, NOT_SETTLED, (Ord.CANCELLED,), Pay.PAID, Ord.PAID, SOLD, TO_BE_HAD),
    Row(Fact.PAID, NOT_SETTLED, (Ord.CANCELLED,), Pay.PAID, None, ("refund: late", "alert"), GONE),
    Row(Fact.PAID, NOT_SETTLED, (Ord.CANCELLED,), Pay.PAID, None, ("refund: late", "alert"), CALLED_OFF),
    Row(Fact.PAID, NOT_SETTLED, (Ord.PAID,), Pay.PAID, None, ("refund: duplicate", "alert")),
    Row(Fact.PAID, NOT_SETTLED, (Ord.REVIEW,), Pay.REVIEW, None, ("alert",)),
    Row(Fact.MISMATCH, NOT_SETTLED, (Ord.PENDING, Ord.PROCESSING, Ord.CANCELLED), Pay.REVIEW, Ord.REVIEW, ("alert",)),
    Row(Fact.MISMATCH, NOT_SETTLED, (Ord.PAID, Ord.REVIEW), Pay.REVIEW, None, ("alert",)),
    Row(Fact.FAILED, (*UNDECIDED, Pay.PROCESSING), (Ord.PROCESSING,), Pay.FAILED, Ord.PENDING),
    Row(
        Fact.FAILED, (*UNDECIDED, Pay.PROCESSING), (Ord.PENDING, Ord.PAID, Ord.REVIEW, Ord.CANCELLED), Pay.FAILED, None
    ),
    Row(Fact.EXPIRED, UNDECIDED, (Ord.PENDING,), Pay.EXPIRED, Ord.CANCELLED, ("stock is given back", "OrderCancelled")),
    Row(Fact.EXPIRED, UNDECIDED, (Ord.PROCESSING, Ord.PAID, Ord.REVIEW, Ord.CANCELLED), Pay.EXPIRED, None),
)


@dataclass(frozen=True)
class Case:
    """One combination, and the row that speaks of it; None where nothing may happen."""

    fact: Fact
    attempt: Pay
    order: Ord
    when: str
    row: Row | None

    def __str__(self) -> str:
        when = f" ({self.when})" if self.when else ""
        return f"{self.fact.name}: payment {self.attempt.value}, order {self.order.value}{when}"


def cases() -> list[Case]:
    """Every combination of fact, payment and order."""
    return [
        Case(fact, attempt, order, when, row_for(fact, attempt, order, when))
        for fact, attempt, order in product(Fact, Pay, Ord)
        for when in (CANCELLED if order == Ord.CANCELLED else ("",))
    ]


def row_for(fact: Fact, attempt: Pay, order: Ord, when: str) -> Row | None:
    """The one row for that. Raises ValueError when several speak of it."""
    found = [
        row
        for row in TABLE
        if row.fact == fact and attempt in row.attempts and order in row.orders and row.when in ("", when)
    ]
    if len(found) > 1:
        raise ValueError(f"two rows for {fact} {attempt} {order}")
    return found[0] if found else None


def as_markdown() -> str:
    """The table for people."""
    lines = ["| the provider says | payment was | order was | payment | order | what else |", "| --- " * 6 + "|"]
    for row in TABLE:
        was = " or ".join(state.value for state in row.orders) if row.orders != EVERY_ORDER else "any"
        was += f", {row.when}" if row.when else ""
        cells = [
            row.fact.name.lower(),
            ", ".join(state.value for state in row.attempts),
            was,
            row.attempt.value,
            row.order.value if row.order else "stays",
            ", ".join(row.effects),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
