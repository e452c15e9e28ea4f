"""Many people at the same moment, over HTTP, against several threads in several processes."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import unescape
from random import Random
from re import sub

from sandbox.models import Delivery, Weather
from sandbox.stripe.announce import deliver
from shop.orders.models import Order, OrderLine
from shop.tests.builders import make_product, make_promotion, make_size, make_variant, make_voucher
from shop.warehouse.models import StockLevel
from torture.courier import all_at_once
from torture.plots import Visit, World
from torture.refunding import RACES_OF_STAFF
from torture.shopper import Shopper, at_once

BUYERS, LEFT = 50, 5
SOLD_OUT = "Sold out in size M. Choose another size, or remove it."
BUYERS_WITH_CODE, USES = 50, 10
USED_UP = "This code has been used up."
# So many buyers with two bags of so many each, for so many pieces: the last one is nobody's.
TWO_BAGS, IN_BAG, PIECES = 6, 3, 10
FEWER_LEFT = "Only 1 left in size M."
KIND_WORDS = (SOLD_OUT, USED_UP, FEWER_LEFT)


def last_of_a_size(world: World, say: Callable[[str], object]) -> Iterable[str]:
    """Everybody has one in the bag and the checkout open; then all order at once."""
    variant = make_variant(make_product("Last shirt"), size=make_size("M"), stock=LEFT)
    buyers = [Shopper(world.shop, f"race.{number}") for number in range(BUYERS)]
    with ThreadPoolExecutor(8) as street:
        forms = list(street.map(partial(open_checkout, variant.pk), buyers))
    at_once(*(partial(order, buyer, form) for buyer, form in zip(buyers, forms, strict=True)))
    orders = Order.objects.filter(email__startswith="race.")
    told = Counter(words(buyer) for buyer in buyers)
    say(f"last {LEFT} of a size, {BUYERS} buyers: {orders.count()} orders; told:")
    for answer, count in told.most_common():
        say(f"  {count:>3}  {answer}")
    yield from (fault for buyer in buyers for fault in buyer.faults)
    if orders.count() != LEFT or orders.filter(state=Order.State.PAID).count() != LEFT:
        yield f"the last {LEFT}: {orders.count()} orders, {orders.filter(state=Order.State.PAID).count()} paid"
    if told[f"/cart/ {SOLD_OUT}"] != BUYERS - LEFT:
        yield f"the last {LEFT}: not all {BUYERS - LEFT} others were told that it is sold out: {told}"
    level = StockLevel.objects.get(variant=variant)
    if (level.on_hand, level.reserved) != (LEFT, LEFT):
        yield f"the last {LEFT}: {level.reserved} of {level.on_hand} are reserved"


def open_checkout(variant: int, buyer: Shopper) -> dict[str, str]:
    buyer.add(variant)
    return buyer.fill_in()


def order(buyer: Shopper, form: dict[str, str]) -> None:
    buyer.go(f"{buyer.shop}/checkout/", form)
    if buyer.may_pay:
        buyer.card()


def words(buyer: Shopper) -> str:
    """Which page a buyer ended on, and its words that matter."""
    text = unescape(sub(r"<[^>]+>", " ", buyer.page.text))
    path = buyer.page.url.removeprefix(buyer.shop).split("?")[0]
    if path.startswith("/orders/"):
        return "/orders/… Thank you" if "Thank you" in text else "/orders/… without thanks"
    return f"{path} {next((known for known in KIND_WORDS if known in text), 'other words')}"


def last_uses_of_a_code(world: World, say: Callable[[str], object]) -> Iterable[str]:
    """Everybody was shown the reduced price; only so many may have it."""
    promotion = make_promotion(name="Last uses", max_uses=USES)
    make_voucher("RACE", promotion)
    buyers = [Shopper(world.shop, f"code.{number}") for number in range(BUYERS_WITH_CODE)]
    with ThreadPoolExecutor(8) as street:
        forms = list(street.map(partial(open_checkout_with_code, world.plenty[0]), buyers))
    at_once(*(partial(order, buyer, form) for buyer, form in zip(buyers, forms, strict=True)))
    orders = Order.objects.filter(email__startswith="code.", state=Order.State.PAID)
    told = Counter(words(buyer) for buyer in buyers)
    promotion.refresh_from_db()
    say(f"{USES} uses of a code, {BUYERS_WITH_CODE} buyers: {orders.count()} paid, {promotion.uses} used; told:")
    for answer, count in told.most_common():
        say(f"  {count:>3}  {answer}")
    yield from (fault for buyer in buyers for fault in buyer.faults)
    reduced = orders.filter(discount_total__gt=0).count()
    if (orders.count(), reduced, promotion.uses) != (USES, USES, USES):
        yield f"a code with {USES} uses: {orders.count()} orders, {reduced} reduced, {promotion.uses} counted"
    if told[f"/cart/ {USED_UP}"] != BUYERS_WITH_CODE - USES:
        yield f"a code with {USES} uses: not all others were told that it is used up: {told}"


def open_checkout_with_code(variant: int, buyer: Shopper) -> dict[str, str]:
    buyer.add(variant)
    buyer.use_code("RACE")
    return buyer.fill_in()


def twice_in_every_bag(world: World, say: Callable[[str], object]) -> Iterable[str]:
    """Each buyer has two bags, and puts the same piece into each from two tabs at once; then all bags are ordered."""
    variant = make_variant(make_product("Wanted shirt"), size=make_size("M"), stock=PIECES)
    bags = [Shopper(world.shop, f"{tab}.{number}") for number in range(TWO_BAGS) for tab in ("twice", "twice.again")]
    with ThreadPoolExecutor(4) as street:
        forms = list(street.map(partial(open_checkout_from_two_tabs, variant.pk), bags))
    at_once(*(partial(order, bag, form) for bag, form in zip(bags, forms, strict=True)))
    orders = Order.objects.filter(email__startswith="twice.")
    quantities = [line.quantity for line in OrderLine.objects.filter(order__in=orders)]
    told = Counter(words(bag) for bag in bags)
    say(f"{PIECES} of a piece, {len(bags)} bags of two buyers' tabs: orders of {quantities}; told:")
    for answer, count in told.most_common():
        say(f"  {count:>3}  {answer}")
    yield from (fault for bag in bags for fault in bag.faults)
    fit = PIECES // IN_BAG
    if quantities != [IN_BAG] * fit or orders.filter(state=Order.State.PAID).count() != fit:
        yield f"{PIECES} of a piece: orders of {quantities}, {orders.filter(state=Order.State.PAID).count()} paid"
    if told[f"/cart/ {FEWER_LEFT}"] != len(bags) - fit:
        yield f"{PIECES} of a piece: not all {len(bags) - fit} others were told how many are left: {told}"
    level = StockLevel.objects.get(variant=variant)
    if (level.on_hand, level.reserved) != (PIECES, fit * IN_BAG):
        yield f"{PIECES} of a piece: {level.reserved} of {level.on_hand} are reserved"


def open_checkout_from_two_tabs(variant: int, bag: Shopper) -> dict[str, str]:
    """The bag has one of the piece; then each tab adds one, at the same moment."""
    bag.add(variant)
    other = bag.other_tab()
    at_once(partial(bag.add, variant), partial(other.add, variant))
    bag.faults += other.faults
    return bag.fill_in()


def end_of_time_against_payment(world: World, say: Callable[[str], object]) -> Iterable[str]:
    """The provider has the money, its message arrives while the shop ends the hold: paid, always."""
    Weather.objects.update_or_create(pk=1, defaults={"delay_seconds": 3600})
    rounds = 8
    for number in range(rounds):
        buyer = Shopper(world.shop, f"overtime.{number}")
        visit = Visit(world, buyer, Random(number))
        if not buyer.place(world.plenty[0]):
            yield f"overtime.{number} could not order"
            continue
        buyer.card(follow=False)
        back = buyer.page.headers["Location"]
        visit.let_time_pass()
        at_once(partial(world.jobs.run, "expire unpaid orders"), deliver_what_waits, partial(buyer.go, back))
        yield from buyer.faults
    paid = Order.objects.filter(email__startswith="overtime.", state=Order.State.PAID).count()
    say(f"end of the hold against message and return of a payment: {paid} of {rounds} paid")
    if paid != rounds:
        yield f"{rounds - paid} of {rounds} paid orders were cancelled"


def deliver_what_waits() -> None:
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING)
    all_at_once([partial(deliver, delivery) for delivery in waiting])


RACES: tuple[Callable[[World, Callable[[str], object]], Iterable[str]], ...] = (
    last_of_a_size,
    last_uses_of_a_code,
    twice_in_every_bag,
    end_of_time_against_payment,
    *RACES_OF_STAFF,
)
