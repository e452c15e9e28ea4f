"""The demo's past orders with all that belongs to them, each in the state that time has brought it to."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from shop.accounts.models import User
from shop.catalog.models import ProductImage, ProductVariant
from shop.checkout.quote import Choice, choice, taxed
from shop.core import clock
from shop.delivery.days import dispatch_day
from shop.delivery.models import ShippingRate
from shop.delivery.services import Offer, offer
from shop.demo.ledger import Ledger
from shop.demo.people import Customer, customers, make_accounts
from shop.demo.promotions import first_buyer, reduced
from shop.demo.purchases import Purchase, number, plan_purchases, price_then, shop_time
from shop.invoices.services import issue_invoice
from shop.orders.models import Order, OrderLine, OrderStateChange, OrderTax
from shop.orders.services import LineToOrder, copy_line
from shop.payments.models import PaymentAttempt
from shop.tax.services import Levy, levy_for

State, Fulfilment = Order.State, Order.FulfilmentState
# What reconciling leaves between the end of the payment page and the end of the hold.
MARGIN = timedelta(minutes=2)
DECLINED = "Your card was declined."


@dataclass
class Rows:
    """What is to be written, in this order."""

    orders: list[Order] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    attempts: list[PaymentAttempt] = field(default_factory=list)
    changes: list[OrderStateChange] = field(default_factory=list)
    taxes: list[OrderTax] = field(default_factory=list)

    def write(self) -> None:
        Order.objects.bulk_create(self.orders)
        OrderLine.objects.bulk_create(self.lines)
        PaymentAttempt.objects.bulk_create(self.attempts)
        OrderStateChange.objects.bulk_create(self.changes)
        OrderTax.objects.bulk_create(self.taxes)


def have_orders() -> bool:
    """Whether the orders were written, which is the demo's last step."""
    return Order.objects.filter(number=number(0)).exists()


def make_orders(count: int, variants: list[ProductVariant]) -> None:
    """Write the orders and what they did to the stock. The caller holds a transaction."""
    now = clock.now()
    users = make_accounts(customers())
    pictures = pictures_of(variants)
    rates, ledger, rows, levies = rates_by_country(), Ledger(variants), Rows(), Levies()
    purchases = plan_purchases(count, variants, now)
    first = first_buyer(purchases)
    for purchase in purchases:
        order = write_order(purchase, users, now)
        levy = levies.of(order.country, order.placed_at)
        prices = [price_then(variant, order.placed_at, now) for variant, _ in purchase.items]
        bought = [line_of(*each, levy, pictures) for each in zip(purchase.items, prices, strict=True)]
        bought = [taxed(reduced(line), levy) for line in bought] if purchase.number == first else bought
        chosen = choice(choose(purchase, rates, sum(line.charged for line in bought)), bought, levy)
        lines = [copy_line(order, line) for line in bought]
        total_up(order, lines, chosen)
        settle(order, purchase, now)
        rows.orders.append(order)
        rows.lines += lines
        rows.attempts += attempts_of(order, purchase)
        rows.changes += changes_of(order)
        rows.taxes += [OrderTax(order=order, **asdict(share)) for share in chosen.taxation.shares]
        for line in lines:
            ledger.post(order, line)
    rows.write()
    ledger.write()
    for order in sorted(filter(is_paid, rows.orders), key=lambda order: order.paid_at or now):
        issue_invoice(order.pk, at=order.paid_at)


def pictures_of(variants: list[ProductVariant]) -> dict[tuple[int, int | None], str]:
    """The small picture of each (product, colour)."""
    images = ProductImage.objects.filter(product__in={variant.product_id for variant in variants}, position=0)
    return {
        (image.product_id, image.colour_id): image.renditions[min(image.renditions, key=int)]
        for image in images
        if image.renditions
    }


def write_order(purchase: Purchase, users: dict[str, User], now: datetime) -> Order:
    """An order awaiting payment, without amounts."""
    customer: Customer = purchase.customer
    return Order(
        number=purchase.number,
        placement_key=f"demo-{purchase.number}",
        user=users.get(customer.email),
        email=customer.email,
        full_name=customer.full_name,
        phone=customer.phone,
        country=customer.country,
        address=customer.address,
        city=customer.city,
        region=customer.region,
        postcode=customer.postcode,
        marketing_consent=customer.marketing_consent,
        currency=settings.SHOP_CURRENCY,
        placed_at=purchase.placed_at,
        created_at=purchase.placed_at,
    )


def is_paid(order: Order) -> bool:
    return order.paid_at is not None


class Levies:
    """How each country was taxed on each day; each asked for once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, date], Levy] = {}

    def of(self, country: str, at: datetime) -> Levy:
        key = (country, timezone.localdate(at))
        if key not in self.known:
            self.known[key] = levy_for(country, on=key[1])
        return self.known[key]


def line_of(
    item: tuple[ProductVariant, int], price: int, levy: Levy, pictures: dict[tuple[int, int | None], str]
) -> LineToOrder:
    """A line as its country paid it; price: at home on its day."""
    variant, quantity = item
    tax_class, picture = variant.product.tax_class, pictures.get((variant.product_id, variant.colour_id), "")
    line = LineToOrder(variant, quantity, levy.unit_price(price, tax_class), picture, tax_class=tax_class)
    return taxed(line, levy)


def choose(purchase: Purchase, rates: dict[str, list[ShippingRate]], goods: int) -> Offer:
    """The delivery chosen: of what the country is offered, the last is the fast one."""
    offered = rates[purchase.customer.country]
    rate = offered[-1] if purchase.express else offered[0]
    return offer(rate, goods, dispatch_day(purchase.placed_at, closed=()))


def rates_by_country() -> dict[str, list[ShippingRate]]:
    """The rates offered in each country, in the order they are shown; read once for all orders."""
    found: dict[str, list[ShippingRate]] = {}
    for rate in (
        ShippingRate.objects.filter(method__collect_at=None).select_related("method").order_by("method__position", "pk")
    ):
        for country in rate.countries:
            found.setdefault(country, []).append(rate)
    return found


def total_up(order: Order, lines: list[OrderLine], chosen: Choice) -> None:
    delivery = chosen.terms()
    order.lines_total = sum(line.line_total for line in lines)
    order.delivery_total = delivery.price
    order.discount_total = sum(line.discount_total for line in lines)
    order.grand_total = order.lines_total + order.delivery_total - order.discount_total
    order.tax_country, order.tax_total = chosen.taxation.country, chosen.taxation.total
    order.shipping_method, order.shipping_name = delivery.code, delivery.name
    order.delivery_from, order.delivery_until = delivery.first_day, delivery.last_day


def settle(order: Order, purchase: Purchase, now: datetime) -> None:
    """Bring the order to where it stands now."""
    hold = page_end(order) + MARGIN
    if purchase.unpaid:
        order.hold_until = hold
    elif purchase.cancelled:
        order.state, order.cancelled_at = State.CANCELLED, hold
    else:
        paid = order.placed_at + timedelta(seconds=purchase.luck.randrange(50, 400))
        # Just after midnight the orders of today are minutes old.
        order.state, order.paid_at = State.PAID, min(paid, now)
        deliver(order, purchase, now)


def deliver(order: Order, purchase: Purchase, now: datetime) -> None:
    """Ship and deliver it, as far as that lies in the past."""
    assert order.paid_at and order.delivery_from and order.delivery_until
    luck = purchase.luck
    shipped = shop_time(dispatch_day(order.placed_at, closed=()), 16, luck.randrange(60))
    days = (order.delivery_until - order.delivery_from).days
    arrival = shop_time(order.delivery_from + timedelta(days=luck.randint(0, days)), luck.randint(9, 17))
    if shipped <= now:
        order.fulfilment_state, order.shipped_at = Fulfilment.SHIPPED, shipped
    elif order.paid_at < now - timedelta(hours=18) and luck.random() < 0.4:
        order.fulfilment_state = Fulfilment.PACKED
    if arrival <= now:
        order.fulfilment_state, order.delivered_at = Fulfilment.DELIVERED, arrival


def page_end(order: Order) -> datetime:
    return order.placed_at + timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)


def attempts_of(order: Order, purchase: Purchase) -> list[PaymentAttempt]:
    """How payment was tried: an unpaid order's card was declined, so nothing has to be asked of the provider."""
    first = PaymentAttempt(
        order=order,
        provider="stripe",
        amount=order.grand_total,
        currency=order.currency,
        session_id=f"cs_demo_{order.number}",
        expires_at=page_end(order),
        created_at=order.placed_at,
    )
    if order.state == State.PAID:
        first.state, first.paid_at, first.captured_amount = first.State.PAID, order.paid_at, order.grand_total
        first.intent_id = f"pi_demo_{order.number}"
    elif order.state == State.CANCELLED:
        first.state = first.State.EXPIRED
    else:
        first.state, first.last_error = first.State.FAILED, DECLINED
    return [first]


def changes_of(order: Order) -> list[OrderStateChange]:
    """The order's history."""
    placed = OrderStateChange(order=order, to_state=State.PENDING, created_at=order.placed_at)
    ended = order.paid_at or order.cancelled_at
    if ended is None:
        return [placed]
    reason = "not paid in time" if order.state == State.CANCELLED else "payment received"
    end = OrderStateChange(order=order, from_state=State.PENDING, to_state=order.state, reason=reason, created_at=ended)
    return [placed, end]
