"""Two people of the staff give money of the same order back, at the same moment, each signed in."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from re import search

from adminpanel.tests.builders import make_staff
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, Refund
from shop.tests.builders import make_product, make_variant
from torture.invariants import kept_at_provider
from torture.plots import World
from torture.shopper import Shopper, at_once

PASSWORD = "a-long-password-1"
ROUNDS = 5
PRICE, PIECES = 2000, 3
# With its delivery.
TOTAL = PRICE * PIECES + 395
DONE, REFUSED = r"£[\d.]+: refunded\.", r'class="(?:small )?refusal'
ONCE = "This form was sent before; it refunds once."


@dataclass(frozen=True)
class Desk:
    """Two of the staff, and an order that was paid."""

    one: Shopper
    other: Shopper
    order: Order

    @property
    def address(self) -> str:
        return f"{self.one.shop}/admin/shop/order/{self.order.pk}/change/"

    def open_form(self, person: Shopper, **typed: str) -> dict[str, str]:
        """The refund form of the order's page as that person sends it the second time, confirmed."""
        person.go(self.address)
        fields = person.form("/refund/")[1]
        return fields | {f"refund-{name}": value for name, value in typed.items()} | {"confirmed": "1"}

    def units(self) -> str:
        """The field of the number of pieces of the order's only line."""
        return f"units_{self.order.lines.get().pk}"

    def refund_at_once(self, form: dict[str, str], others: dict[str, str]) -> "Counter[str]":
        """Both press the button; what the two were told."""
        address = f"{self.one.shop}/admin/shop/order/{self.order.pk}/refund/"
        at_once(partial(self.one.go, address, form), partial(self.other.go, address, others))
        return Counter([told(self.one), told(self.other)])

    def wrong(self, due: int) -> Iterable[str]:
        """How ledger and provider differ from so much paid back (minor units) of this order's money."""
        made = [refund.amount for refund in Refund.objects.filter(attempt__order=self.order)]
        attempt = PaymentAttempt.objects.get(order=self.order)
        kept = kept_at_provider()[self.order.number]
        if (sum(made), attempt.refunded_amount, kept) != (due, due, TOTAL - due):
            yield f"order {self.order.number}: {made} refunded, {kept} of {TOTAL} kept, where {due} was to go back"


def told(person: Shopper) -> str:
    """done, sent before, refused or nothing, by the words of the page they see."""
    page = person.page.text
    if ONCE in page:
        return "sent before"
    if search(DONE, page):
        return "done"
    return "refused" if search(REFUSED, page) else "nothing"


def same_refund_by_two(desk: Desk) -> Iterable[str]:
    """All pieces are refunded by each of two people: one does it."""
    pieces = {desk.units(): str(PIECES), "note": "came back"}
    answers = desk.refund_at_once(desk.open_form(desk.one, **pieces), desk.open_form(desk.other, **pieces))
    if answers != {"done": 1, "refused": 1}:
        yield f"the same refund by two people: they were told {dict(answers)}"
    yield from desk.wrong(PRICE * PIECES)


def same_form_sent_twice(desk: Desk) -> Iterable[str]:
    """The same form from two windows: one refund, and nobody is refused."""
    form, others = (desk.open_form(person, extra="12.34", note="sorry") for person in (desk.one, desk.other))
    answers = desk.refund_at_once(form, others | {"refund-key": form["refund-key"]})
    if answers["refused"] or answers["nothing"]:
        yield f"the same form twice: they were told {dict(answers)}"
    yield from desk.wrong(1234)


def more_than_there_is(desk: Desk) -> Iterable[str]:
    """Pieces by one, money by the other, each possible, both together more than was paid: one is done."""
    pieces = desk.open_form(desk.one, **{desk.units(): "2", "delivery": "3.95"})
    money = desk.open_form(desk.other, extra="43.95", note="so sorry")
    answers = desk.refund_at_once(pieces, money)
    if answers != {"done": 1, "refused": 1}:
        yield f"two refunds that are too much together: they were told {dict(answers)}"
    yield from desk.wrong(PRICE * 2 + 395)


def race(kind: Callable[[Desk], Iterable[str]], world: World, say: Callable[[str], object]) -> Iterable[str]:
    """That, several times, each with an order of its own."""
    name = kind.__name__
    one, other = (hire(world, f"{name}.{desk}") for desk in ("one", "other"))
    variant, wrong = make_variant(make_product("Refunded shirt"), price=PRICE, stock=100), []
    for number in range(ROUNDS):
        buyer = Shopper(world.shop, f"staff.{name}.{number}")
        if not buyer.place(variant.pk, PIECES):
            yield f"{buyer.email} could not order"
            continue
        buyer.card()
        wrong += [*kind(Desk(one, other, Order.objects.get(email=buyer.email))), *buyer.faults]
    say(f"{name.replace('_', ' ')}: {ROUNDS} times two people of the staff at once, {len(wrong)} violations")
    yield from wrong
    yield from (fault for person in (one, other) for fault in person.faults)


def hire(world: World, name: str) -> Shopper:
    """Somebody of customer care, signed in."""
    person = Shopper(world.shop, name)
    make_staff("customer care", person.email)
    person.sign_in(PASSWORD)
    return person


RACES_OF_STAFF = tuple(partial(race, kind) for kind in (same_refund_by_two, same_form_sent_twice, more_than_there_is))
