"""The alerts of the money path: what happened, and what a person is to do about it."""

from django.conf import settings

from shop.adapters.payments import Concern, SessionState
from shop.alerts.models import Alert
from shop.alerts.services import raise_alert
from shop.core.countries import country_names
from shop.core.money import Money
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.payments.models import Dispute, PaymentAttempt, ProviderEvent


def wrong_amount(order: Order, attempt: PaymentAttempt, taken: Money) -> None:
    """The provider took another amount than the order's."""
    raise_alert(
        key=f"wrong-amount:{attempt.pk}",
        title=f"Order {order.number}: {taken} was paid instead of {attempt.total}",
        advice=(
            "Nothing is sent while the order is in review. Look the payment up at the provider "
            f"({attempt.intent_id or attempt.session_id}) and agree with the buyer on the difference. Then press "
            "'Accept as paid' or 'Refund and cancel' on the order's page. Where the order was paid by another payment "
            "already, or is cancelled, press 'Give back' beside this payment there."
        ),
        order_id=order.pk,
    )


def paid_under_review(order: Order, attempt: PaymentAttempt) -> None:
    """Money came for an order that a person has to look at already."""
    raise_alert(
        key=f"paid-under-review:{attempt.pk}",
        title=f"Order {order.number}, which is in review, was paid once more: {attempt.total}",
        advice=(
            "Decide this together with the payment that brought the order into review: press 'Accept as paid' on the "
            "order's page and refund there what is too much, or press 'Refund and cancel'."
        ),
        order_id=order.pk,
    )


def paid_twice(order: Order, attempt: PaymentAttempt) -> None:
    """A second payment came for a paid order; it is given back by itself."""
    raise_alert(
        key=f"paid-twice:{attempt.pk}",
        title=f"Order {order.number} was paid twice; {attempt.total} goes back",
        advice=(
            "The order itself is fine and is sent as usual. The second payment is refunded whole without your help: "
            "see on the order's page that the refund has succeeded, tell the buyer if they ask, then close this."
        ),
        order_id=order.pk,
    )


def paid_too_late(order: Order, attempt: PaymentAttempt) -> None:
    """Money came after the order was cancelled, and its stock is gone; it is given back by itself."""
    raise_alert(
        key=f"paid-too-late:{attempt.pk}",
        title=f"Order {order.number} was paid after it was cancelled; {attempt.total} goes back",
        advice=(
            "Its buyer called it off, or the pieces were sold to somebody else meanwhile, so the payment is refunded "
            "whole without your help. "
            "See on the order's page that the refund has succeeded, and write to the buyer: they expected a parcel."
        ),
        order_id=order.pk,
    )


def without_rates(order: Order) -> None:
    """The shop has no VAT rates for what it sells there."""
    country = country_names().get(order.tax_country or settings.SHOP_COUNTRY, order.tax_country)
    raise_alert(
        key=f"no-vat-rates:{order.tax_country}",
        title=f"There is no VAT rate for {country}: orders there are written as containing none",
        advice=(
            "Enter its rates under VAT rates in the staff site, or let `manage.py tax_rates` add those it knows. "
            f"Orders placed meanwhile, from {order.number} on, keep what they say: put their invoices right by hand."
        ),
        order_id=order.pk,
    )


def unknown_payment(row: ProviderEvent, named: str) -> None:
    """The provider speaks of a payment page that no attempt of ours belongs to."""
    raise_alert(
        key=f"unknown-payment:{row.provider}:{named or row.event_id}"[:200],
        title=f"{row.provider.capitalize()} tells of a payment that the shop does not know",
        advice=(
            f"Event {row.event_id} ({row.type}) names the payment {named[:60]!r}. Look it up at the provider. If "
            "another shop uses the same account, give each its own account or webhook. If a buyer paid and has no "
            "order, refund the payment there and write to them."
        ),
    )


def set_aside(row: ProviderEvent, error: str) -> None:
    """A message of the provider that could not be worked on for days."""
    raise_alert(
        key=f"event-set-aside:{row.pk}",
        title=f"A message of {row.provider.capitalize()} could not be worked on: {row.type}",
        advice=(
            f"Event {row.event_id} failed again and again: {error[:300]} Press 'Try again' on its page under "
            "Provider events or beside it on the order's page. If that fails too, compare the payment at the "
            "provider with the order by hand and tell whoever looks after the code."
        ),
        order_id=row.attempt.order_id if row.attempt else None,
    )


def orphan(provider: str, session: SessionState, why: str) -> None:
    """Money was taken at the provider and nothing here knows of it. Once dealt with, it is not told again."""
    key = f"orphan-payment:{provider}:{session.session_id}"
    if Alert.objects.filter(key=key).exists():
        return
    raise_alert(
        key=key,
        title=f"{Money(session.amount_total, session.currency)} was paid at {provider.capitalize()} without an order",
        advice=(
            f"Payment page {session.session_id} (payment {session.intent_id or 'unknown'}) is paid, but {why}. Look "
            "it up at the provider. If a buyer of ours paid it, refund it there and write to them. If it belongs to "
            "another shop on the same account, give each shop an account of its own."
        ),
    )


def key_of(kind: OrderHold.Kind, source: str) -> str:
    """The key of the alert about a dispute, a review or a warning."""
    return f"{kind.value}:{source}"


def disputed(order: Order, dispute: Dispute, *, is_lost: bool) -> None:
    """A buyer's bank takes the money back, or asks why it should not."""
    amount = Money(dispute.amount, dispute.currency)
    raise_alert(
        key=key_of(OrderHold.Kind.DISPUTE, dispute.provider_id),
        title=f"Order {order.number}: {f'the dispute over {amount} was lost' if is_lost else f'{amount} is disputed'}",
        advice=(
            "The money is gone, so none of it is refunded as well. If the order was not sent, lift its hold and cancel "
            "it: then its stock can be sold."
            if is_lost
            else f"Answer the dispute {dispute.provider_id} ({dispute.reason or 'no reason'}) at the provider before "
            "its date. Until it is settled the order is held: do not send it, and do not refund it as well."
        ),
        order_id=order.pk,
    )


def reversed_payment(order: Order, attempt: PaymentAttempt, reversal_id: str) -> None:
    """The provider itself took the money of a payment back."""
    raise_alert(
        key=key_of(OrderHold.Kind.DISPUTE, reversal_id),
        title=f"Order {order.number}: {attempt.get_provider_display()} took back money of its payment",
        advice=(
            f"Look at the payment {attempt.intent_id} at the provider: it says why, and whether you can still object. "
            "Until then the order is held: do not send it, and do not refund it as well. If the money is gone and the "
            "order was not sent, lift its hold and cancel it: then its stock can be sold."
        ),
        order_id=order.pk,
    )


def suspected(order: Order, attempt: PaymentAttempt, kind: OrderHold.Kind, fact: Concern) -> None:
    """The provider, or a card network, doubts that the buyer is who paid."""
    raise_alert(
        key=key_of(kind, fact.concern_id),
        title=f"Order {order.number}: {kind.label.lower()} ({fact.reason})",
        advice=(
            f"Look at the payment {attempt.intent_id} at the provider. If it is good, approve the review there, or "
            "lift the hold on the order's page; if it is not, refund it before a dispute costs more. Until then the "
            "order is held and must not be sent."
        ),
        order_id=order.pk,
    )


def capture_unknown(attempt: PaymentAttempt) -> None:
    """The shop asked for the money of an order that the provider then no longer knows."""
    raise_alert(
        key=f"capture-unknown:{attempt.pk}",
        title=f"Nobody can say whether {attempt.total} of order {attempt.order.number} was taken",
        advice=(
            f"The shop asked {attempt.get_provider_display()} for the money and heard no answer; now the provider does "
            f"not know {attempt.session_id} any more. Look for the order's number in its list of payments. If the "
            "money is there, refund it there. Then press 'Ask once more and end it' beside the payment on the order's "
            "page: until then the order keeps its pieces."
        ),
        order_id=attempt.order_id,
    )
