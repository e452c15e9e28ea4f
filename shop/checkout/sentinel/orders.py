"""Do orders add up, move on, and leave the house only when paid?"""

from collections.abc import Iterator

from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.marketing.models import Promotion
from shop.orders.models import Order

RECORD = (
    "The buyer agreed to the order as it was shown, and nobody may edit it. Compare it with the confirmation mail, "
    "settle a difference by a refund, and tell whoever looks after the code."
)
STUCK = {
    Order.State.PENDING: "Its payment time is over. Press 'Sync again with the provider' on its page; if it stays so, "
    "`manage.py reconcile` does not run or cannot reach the provider.",
    Order.State.PROCESSING: "A bank debit takes a few days, not weeks. Look the payment up at the provider, then press "
    "'Sync again with the provider'.",
    Order.State.REVIEW: "A person has to decide: its page says what does not match, and has the buttons to accept "
    "or to refund it.",
}


def sent_unpaid() -> Iterator[Finding]:
    for order in Order.objects.sent_unpaid():
        yield Finding(
            order.pk,
            f"Order {order.number} was sent, but it is {order.get_state_display().lower()}",
            "See at the provider whether it was paid or refunded. If nobody paid, ask the buyer to pay or to send it "
            "back.",
            order.pk,
        )


def wrong_totals() -> Iterator[Finding]:
    for order in Order.objects.miscounted():
        lines = order.money(order.of_lines)  # type: ignore[attr-defined]
        discounts = order.money(order.of_discounts + order.delivery_discount)  # type: ignore[attr-defined]
        title = (
            f"Order {order.number} of {order.total}: its lines come to {lines}, its discounts to {discounts}, "
            "which is not what it says"
        )
        yield Finding(order.pk, title, RECORD, order.pk)


def wrong_taxes() -> Iterator[Finding]:
    for order in Order.objects.mistaxed():
        tax, rates = order.money(order.tax_total), order.money(order.of_rates)  # type: ignore[attr-defined]
        gross = order.money(order.of_gross)  # type: ignore[attr-defined]
        title = f"Order {order.number}: {tax} tax on {order.total}, its rates come to {rates} on {gross}"
        yield Finding(order.pk, title, RECORD + " Its invoice is wrong too.", order.pk)


def stuck() -> Iterator[Finding]:
    for order in Order.objects.stuck(clock.now()):
        title = f"Order {order.number} is {order.get_state_display().lower()} for too long"
        yield Finding(order.pk, title, STUCK[Order.State(order.state)], order.pk)


def miscounted_promotions() -> Iterator[Finding]:
    for promotion in Promotion.objects.miscounted():
        yield Finding(
            promotion.pk,
            f"{promotion.name}: its uses are miscounted",
            "Its limit may end too early or too late. Switch it off if a limit matters today, and tell whoever looks "
            "after the code.",
        )


CHECKS = (
    Check("sent-unpaid", "sent orders that are paid", sent_unpaid),
    Check("order-totals", "orders that add up", wrong_totals),
    Check("order-taxes", "taxes that add up", wrong_taxes),
    Check("order-stuck", "orders that move on", stuck),
    Check("promotion-uses", "promotions that are counted right", miscounted_promotions),
)
