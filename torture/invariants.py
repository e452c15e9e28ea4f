"""What has to hold when everything is quiet, whatever happened before. Each function lists what does not.

Money is read from the provider's own books, never from what the shop believes about them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum

from sandbox.models import Charge, Session
from sandbox.models import Refund as ProvidersRefund
from sandbox.paypal.models import PayPalCapture, PayPalRefund
from shop.checkout.sentinel.run import sentinel
from shop.events.models import OutboxEvent
from shop.mail.models import OutgoingMail
from shop.marketing.models import Promotion, Redemption, Voucher
from shop.orders import services as orders
from shop.orders.models import Order, OrderLine, OrderStateChange
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund, RefundLine
from shop.warehouse import ledger
from shop.warehouse.models import Reservation, StockLevel, StockMovement

Paid = Order.State.PAID
CONFIRMATION = "order-confirmation:"


def money_kept() -> list[str]:
    """At the provider: charged minus refunded is the order's total less what staff gave back of it, or nothing."""
    kept = kept_at_provider()
    given: dict[int, int] = dict(of_the_order().values_list("attempt__order").annotate(Sum("amount")).order_by())
    wrong = []
    for order in Order.objects.all():
        is_kept, due = (
            kept.pop(order.number, 0),
            order.grand_total - given.get(order.pk, 0) if order.state == Paid else 0,
        )
        if is_kept != due:
            wrong.append(f"order {order.number} ({order.state}): {is_kept} kept, {due} due")
    return wrong + [f"{amount} kept for order {number}, which does not exist" for number, amount in kept.items()]


def of_the_order() -> QuerySet[Refund]:
    """Refunds of what an order was paid for, other than of money that should not have come."""
    return Refund.objects.counting().exclude(reason__in=[Refund.Reason.LATE, Refund.Reason.DUPLICATE])


def refunds_agree() -> list[str]:
    """Each refund at a provider stands in the ledger with its amount, and the reverse."""
    done = Refund.objects.filter(state=Refund.State.SUCCEEDED)
    ledger_has = {(made.attempt.provider, made.provider_id): made.amount for made in done.select_related("attempt")}
    provider_has: dict[tuple[str, str | None], int] = {
        ("stripe", pk): amount
        for pk, amount in ProvidersRefund.objects.filter(status="succeeded").values_list("pk", "amount")
    }
    provider_has |= {("paypal", pk): int(value * 100) for pk, value in PayPalRefund.objects.values_list("pk", "value")}
    return [
        f"refund {pk} of {name}: {provider_has.get((name, pk))} at the provider, {ledger_has.get((name, pk))} in the "
        "ledger"
        for name, pk in provider_has.keys() | ledger_has.keys()
        if provider_has.get((name, pk)) != ledger_has.get((name, pk))
    ]


def kept_at_provider() -> dict[str, int]:
    """Minor units that the providers took less those they gave back, by the order named with the payment."""
    kept: dict[str, int] = defaultdict(int)
    for taking in takings():
        kept[taking.order] += taking.amount - taking.refunded
    return kept


@dataclass(frozen=True)
class Taking:
    """Money in the books of a provider, in minor units, and whom it names."""

    order: str
    attempt: str
    amount: int
    refunded: int


def takings() -> Iterator[Taking]:
    """All that was taken and not merely tried."""
    for charge in Charge.objects.filter(status="succeeded").select_related("intent"):
        named = charge.intent.metadata
        yield Taking(named.get("order", ""), named.get("attempt", ""), charge.amount, charge.amount_refunded)
    for capture in PayPalCapture.objects.exclude(status__in=("PENDING", "DECLINED")).select_related("order"):
        unit = capture.order.unit
        order = unit.get("description", "").removeprefix("Order ")
        yield Taking(order, unit.get("custom_id", ""), int(capture.value * 100), int(capture.refunded * 100))


def payments_have_orders() -> list[str]:
    """Each charge of the provider is an attempt's capture of that amount, and the reverse."""
    charged: Counter[str] = Counter()
    for taking in takings():
        charged[taking.attempt] += taking.amount
    captured = Counter({str(pk): amount for pk, amount in PaymentAttempt.objects.values_list("pk", "captured_amount")})
    wrong = [
        f"payment {pk}: {charged[pk]} charged, {captured[pk]} known"
        for pk in charged | captured
        if charged[pk] != captured[pk]
    ]
    bought = PaymentAttempt.objects.filter(state=PaymentAttempt.State.PAID).values("order")
    unpaid = Order.objects.filter(state=Paid).exclude(pk__in=bought)
    return wrong + [f"order {order.number} is paid, by nothing" for order in unpaid]


def stock_is_exact() -> list[str]:
    """Levels are the sums of their movements and of their holds, never negative; holds are what paid orders bought."""
    wrong = [f"level {found.level_id} disagrees with its ledger: {found}" for found in ledger.differences()]
    wrong += [
        f"level {level.pk}: {level.reserved} reserved of {level.on_hand}"
        for level in StockLevel.objects.all()
        if not 0 <= level.reserved <= level.on_hand
    ]
    held: dict[int, int] = dict(
        Reservation.objects.held().values_list("order_line").annotate(Sum("quantity")).order_by()
    )
    restocked = RefundLine.objects.filter(restock=True).exclude(refund__state=Refund.State.FAILED)
    came_back: dict[int, int] = dict(restocked.values_list("order_line").annotate(Sum("quantity")).order_by())
    for line in OrderLine.objects.select_related("order"):
        due = line.quantity - came_back.get(line.pk, 0) if line.order.state == Paid else 0
        if held.get(line.pk, 0) != due:
            wrong.append(f"line {line.pk} of {line.order} holds {held.get(line.pk, 0)}, not {due}")
    return wrong


def one_mail_each() -> list[str]:
    """Each order that was paid has one confirmation, sent, and nobody else has any."""
    paid = set(OrderStateChange.objects.filter(to_state=Paid).values_list("order__number", flat=True))
    rows = OutgoingMail.objects.filter(key__startswith=CONFIRMATION)
    sent = Counter(row.key.removeprefix(CONFIRMATION) for row in rows.filter(state=OutgoingMail.State.SENT))
    files = Counter(path.name for path in Path(settings.MAIL_DIR).glob("order-confirmation-*.eml"))
    wrong = [
        f"order {number}: {sent[number]} confirmations"
        for number in paid | set(sent)
        if sent[number] != (number in paid)
    ]
    if sum(files.values()) != len(paid):
        wrong.append(f"{sum(files.values())} confirmations went out for {len(paid)} paid orders")
    return wrong


def nothing_waits() -> list[str]:
    """No payment, order, message, event or mail is left half done."""
    unfinished = {
        "live payments": PaymentAttempt.objects.live(),
        "undecided orders": Order.objects.filter(state__in=[Order.State.PENDING, Order.State.PROCESSING]),
        "refunds under way": Refund.objects.unfinished(),
        "provider's messages not worked on": ProviderEvent.objects.filter(processed_at=None),
        "events not published": OutboxEvent.objects.exclude(state=OutboxEvent.State.PUBLISHED),
        "mails not sent": OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT),
        "payment pages still open": Session.objects.filter(status=Session.Status.OPEN),
    }
    return [f"{rows.count()} {what}" for what, rows in unfinished.items() if rows.exists()]


def totals_add_up() -> list[str]:
    """An order is the sum of its lines and its delivery less discounts, and its taxes are those of its breakdown."""
    wrong = []
    for order in Order.objects.prefetch_related("lines", "taxes"):
        lines, taxes = order.lines.all(), order.taxes.all()
        goods = sum(line.unit_price * line.quantity - line.discount_total for line in lines)
        if goods + order.delivery_total - order.delivery_discount != order.grand_total:
            wrong.append(f"order {order.number}: lines and delivery do not come to {order.grand_total}")
        if taxes and (sum(tax.gross for tax in taxes), sum(tax.tax for tax in taxes)) != (
            order.grand_total,
            order.tax_total,
        ):
            wrong.append(f"order {order.number}: its tax breakdown does not come to its total")
        if any(attempt.amount != order.grand_total for attempt in order.payment_attempts.all()):
            wrong.append(f"order {order.number}: a payment asked for another amount")
    return wrong


def histories_are_whole() -> list[str]:
    """Each order's changes of state follow each other by the table of allowed moves, and end where the order is."""
    wrong, last = [], dict[int, str]()
    for change in OrderStateChange.objects.order_by("pk"):
        before = last.get(change.order_id, "")
        if change.from_state != before or (before and change.to_state not in orders.MOVES[before]):
            wrong.append(f"order {change.order_id} went from {before} by {change.from_state} to {change.to_state}")
        last[change.order_id] = change.to_state
    return wrong + [
        f"order {pk} is {state}, its history says {last.get(pk)}"
        for pk, state in Order.objects.values_list("pk", "state")
        if last.get(pk) != state
    ]


def vouchers_are_counted() -> list[str]:
    """A promotion's (and a code's) uses are those of the orders that stand, never more than it has."""
    standing = Count("redemptions", filter=Q(redemptions__isnull=False, redemptions__given_back_at=None))
    rows: list[tuple[str, int, int, int | None]] = []
    rows += Promotion.objects.annotate(standing=standing).values_list("name", "uses", "standing", "max_uses")
    rows += Voucher.objects.annotate(standing=standing).values_list("code", "uses", "standing", "max_uses")
    wrong = [
        f"{name}: {uses} uses counted, {stand} stand, {most} allowed"
        for name, uses, stand, most in rows
        if uses != stand or (most is not None and uses > most)
    ]
    of_cancelled = Redemption.objects.standing().filter(order__state=Order.State.CANCELLED)
    given_back = Redemption.objects.exclude(given_back_at=None).exclude(order__state=Order.State.CANCELLED)
    wrong += [f"{use.order} is cancelled and keeps its use of {use.name}" for use in of_cancelled]
    return wrong + [f"{use.order} stands and has given back its use of {use.name}" for use in given_back]


def the_sentinel_agrees() -> list[str]:
    """The shop's own watch finds nothing either."""
    return sentinel().failures


INVARIANTS: tuple[Callable[[], list[str]], ...] = (
    money_kept,
    payments_have_orders,
    refunds_agree,
    stock_is_exact,
    one_mail_each,
    nothing_waits,
    totals_add_up,
    histories_are_whole,
    vouchers_are_counted,
    the_sentinel_agrees,
)


def violations() -> list[str]:
    """Everything that does not hold, with the name of what should."""
    return [f"{rule.__name__}: {found}" for rule in INVARIANTS for found in rule()]


def facts() -> dict[str, Any]:
    """All that matters, to be compared with itself after every message has come once more."""
    return {
        "orders": list(Order.objects.order_by("pk").values_list("pk", "state", "paid_at", "cancelled_at")),
        "payments": list(
            PaymentAttempt.objects.order_by("pk").values_list("pk", "state", "captured_amount", "refunded_amount")
        ),
        "refunds": list(Refund.objects.order_by("pk").values_list("pk", "state", "amount")),
        "kept": sorted(kept_at_provider().items()),
        "levels": list(StockLevel.objects.order_by("pk").values_list("pk", "on_hand", "reserved")),
        "movements": StockMovement.objects.count(),
        "changes of state": OrderStateChange.objects.count(),
        "events": OutboxEvent.objects.count(),
        "uses": list(Promotion.objects.order_by("pk").values_list("pk", "uses")),
        "mails": OutgoingMail.objects.count(),
        "mail files": len(list(Path(settings.MAIL_DIR).glob("*.eml"))),
    }
