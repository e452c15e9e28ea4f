"""Has every payment its order, every order its payment, and every refund its sum?"""

from collections.abc import Iterator
from datetime import timedelta

from shop.checkout.sentinel.finding import Check, Finding
from shop.core import clock
from shop.core.money import Money
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund

CODE = "Tell whoever looks after the code: no normal working makes such a difference."
# A payment too much goes back by itself, and staff may be at work on one that could not.
SETTLING = timedelta(hours=1)
IN_VAIN = "neither the order nor the money"


def money_kept_in_vain() -> Iterator[Finding]:
    for attempt in PaymentAttempt.objects.kept_in_vain().select_related("order"):
        kept = Money(attempt.captured_amount - attempt.refunded_amount, attempt.captured.currency)
        state = attempt.order.get_state_display().lower()
        has = "the order, but paid for it twice" if attempt.order.paid_at and state == "paid" else IN_VAIN
        yield Finding(
            attempt.pk,
            f"{kept} was taken for order {attempt.order.number}, which is {state}",
            f"The buyer has {has}. See at the provider whether it was refunded there. If it was not, press 'Give back' "
            "beside the payment on the order's page, or refund it at the provider, and write to the buyer.",
            attempt.order_id,
        )


def orders_paid_too_much() -> Iterator[Finding]:
    for order in Order.objects.overpaid(clock.now() - SETTLING):
        kept = Money(order.kept, order.currency)  # type: ignore[attr-defined]
        yield Finding(
            order.pk,
            f"Order {order.number}: {kept} is kept for it, it costs {order.total}",
            "The buyer has paid twice, or too much, and nothing is on its way back. Compare the order's payments at "
            "the provider, refund what is too much there, and write to the buyer.",
            order.pk,
        )


def orders_paid_with_nothing() -> Iterator[Finding]:
    for order in Order.objects.paid_without_money():
        yield Finding(
            order.pk,
            f"Order {order.number} is paid, but no payment of {order.total} is known",
            "Do not send it. Look for the payment at the provider by the order's number. If there is one, press 'Sync "
            "again with the provider' on the order's page. " + CODE,
            order.pk,
        )


def other_amounts_taken() -> Iterator[Finding]:
    for attempt in PaymentAttempt.objects.miscaptured().select_related("order"):
        taken = Money(attempt.captured_amount, attempt.currency)
        yield Finding(
            attempt.pk,
            f"Order {attempt.order.number}: {taken} is noted as taken, {attempt.total} was asked for",
            f"Compare both with the payment at the provider ({attempt.intent_id}) and settle the difference with the "
            "buyer. " + CODE,
            attempt.order_id,
        )


def refunds_of_another_sum() -> Iterator[Finding]:
    for attempt in PaymentAttempt.objects.misrefunded().select_related("order"):
        noted = Money(attempt.refunded_amount, attempt.currency)
        summed = Money(attempt.refunds_sum, attempt.currency)  # type: ignore[attr-defined]
        yield Finding(
            attempt.pk,
            f"Order {attempt.order.number}: {noted} is noted as refunded, its refunds come to {summed}",
            f"Compare with the refunds of payment {attempt.intent_id} at the provider before refunding more on this "
            "order. " + CODE,
            attempt.order_id,
        )


def refunds_above_payment() -> Iterator[Finding]:
    for attempt in PaymentAttempt.objects.overrefunded().select_related("order"):
        taken = Money(attempt.captured_amount, attempt.currency)
        summed = Money(attempt.refunds_sum, attempt.currency)  # type: ignore[attr-defined]
        yield Finding(
            attempt.pk,
            f"Order {attempt.order.number}: refunds of {summed} for a payment of {taken}",
            "Stop the refunds that are still on their way, at the provider, and ask the buyer for what went too far. "
            + CODE,
            attempt.order_id,
        )


def overdue_refunds() -> Iterator[Finding]:
    for refund in Refund.objects.overdue(clock.now()).select_related("attempt__order"):
        order, amount = refund.attempt.order, Money(refund.amount, refund.currency)
        yield Finding(
            refund.pk,
            f"Order {order.number}: its refund of {amount} is still {refund.get_state_display().lower()}",
            "The buyer waits for this money. Look it up at the provider. If it is not there, `manage.py reconcile` asks"
            f" for it again, so read what that says; if it is on its way, ask the provider. {refund.last_error[:300]}",
            order.pk,
        )


def forgotten_payments() -> Iterator[Finding]:
    for attempt in PaymentAttempt.objects.forgotten(clock.now()).select_related("order"):
        state = attempt.get_state_display().lower()
        yield Finding(
            attempt.pk,
            f"Order {attempt.order.number}: its payment is still {state}, long after its time",
            "Press 'Sync again with the provider' on the order's page and read what it says. If this comes for many "
            f"orders, `manage.py reconcile` does not run or the provider cannot be reached. {attempt.last_error[:300]}",
            attempt.order_id,
        )


def events_set_aside() -> Iterator[Finding]:
    for event in ProviderEvent.objects.set_aside().select_related("attempt"):
        yield Finding(
            event.pk,
            f"A message of {event.provider.capitalize()} was never worked on: {event.type}",
            f"Event {event.event_id}: {event.last_error[:300]} Compare the payment at the provider with the order by "
            "hand; sending the event again from the provider's dashboard has it tried once more.",
            event.attempt.order_id if event.attempt else None,
        )


CHECKS = (
    Check("money-without-order", "payments that have a paid order or went back", money_kept_in_vain),
    Check("money-too-much", "orders for which no more is kept than they cost", orders_paid_too_much),
    Check("order-without-money", "paid orders that have a payment", orders_paid_with_nothing),
    Check("amount-taken", "payments of the amount asked for", other_amounts_taken),
    Check("refund-sum", "payments whose refunds add up", refunds_of_another_sum),
    Check("refund-limit", "refunds within their payment", refunds_above_payment),
    Check("refund-overdue", "refunds that arrive", overdue_refunds),
    Check("payment-forgotten", "payments that ended in time", forgotten_payments),
    Check("event-set-aside", "provider messages that were worked on", events_set_aside),
)
