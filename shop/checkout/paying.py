"""Starting a payment in three steps: the attempt is committed, the provider is called, its answer is recorded.

A crash between any two of them leaves a row from which the next try goes on, with the same parameters and the same
idempotency key.
"""

import logging
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from django.urls import reverse

from shop.adapters.payments import (
    PayLine,
    ProviderRefused,
    ProviderUnavailable,
    SessionRequest,
    SessionState,
    provider,
)
from shop.core import clock
from shop.core.crash import crash_point
from shop.core.errors import ShopError
from shop.core.http import absolute
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.calls import provider_of
from shop.payments.models import PaymentAttempt

State = PaymentAttempt.State
log = logging.getLogger(__name__)

# The stock stays held a little longer than the provider's page takes payment.
HOLD_MARGIN = timedelta(minutes=2)


class PaymentUnavailable(ShopError):
    """No page to pay on can be had now. The order is kept and may be paid later."""

    def __init__(self) -> None:
        super().__init__("We could not reach the payment page. Your order is saved: please try again in a moment.")


def closing_time() -> datetime:
    """When a payment page that is opened now stops taking payment (UTC)."""
    return clock.now() + timedelta(minutes=settings.PAYMENT_WINDOW_MINUTES)


def open_attempt(
    order: Order, name: str = PaymentAttempt.Provider.STRIPE, closes_at: datetime | None = None
) -> PaymentAttempt:
    """A CREATED attempt with its frozen parameters, in the caller's transaction. Calls nobody.

    name: of the provider. closes_at: the closing_time() that the order was placed with, where it was placed just now.
    Raises IntegrityError when the order has a live attempt already, ProviderRefused when the provider does not take
    that amount.
    """
    assert connection.in_atomic_block, "the attempt is committed with what it is for"
    attempt = PaymentAttempt(
        order=order,
        provider=name,
        amount=order.grand_total,
        currency=order.currency,
        expires_at=closes_at or closing_time(),
    )
    attempt.params = provider(attempt.provider).freeze(session_request(order, attempt))
    attempt.save(force_insert=True)
    return attempt


def start_payment(attempt_id: UUID) -> str:
    """The address to send the buyer to. Call it after the commit, outside any transaction.

    Raises PaymentUnavailable: after a definite refusal the attempt has failed and another may be opened; without a
    definite answer it stays as it is, to be replayed.
    """
    return page_of(PaymentAttempt.objects.get(pk=attempt_id))


def page_of(attempt: PaymentAttempt) -> str:
    """The same for an attempt that was just read."""
    if attempt.state == State.CREATED:
        attempt = create_session(attempt)
    if attempt.state != State.OPEN or not attempt.redirect_url:
        raise PaymentUnavailable
    return attempt.redirect_url


def create_session(attempt: PaymentAttempt) -> PaymentAttempt:
    """Make (or, after a crash, find again) the provider's page of a CREATED attempt. Raises PaymentUnavailable."""
    crash_point("session-before-call")
    try:
        session = provider_of(attempt).create_session(attempt.params, idempotency_key=f"{attempt.pk}:session")
    except ProviderRefused as error:
        log.exception("payment %s: the provider refused to open a page", attempt.pk)
        give_up(attempt.pk, str(error))
        raise PaymentUnavailable from error
    except ProviderUnavailable as error:
        log.warning("payment %s: no answer from the provider (%s)", attempt.pk, error)
        payments.note_error(attempt.pk, str(error))
        raise PaymentUnavailable from error
    crash_point("session-before-record")
    attempt = record(attempt.pk, session)
    crash_point("session-recorded")
    return attempt


@transaction.atomic
def record(attempt_id: UUID, session: SessionState) -> PaymentAttempt:
    """The third step. A webhook may have been faster: then its facts stay."""
    attempt = PaymentAttempt.objects.select_for_update().get(pk=attempt_id)
    if attempt.state == State.CREATED:
        payments.open_page(attempt, session)
    return attempt


@transaction.atomic
def give_up(attempt_id: UUID, error: str) -> None:
    """The provider said no for certain, so nothing exists there."""
    attempt = PaymentAttempt.objects.select_for_update().get(pk=attempt_id)
    if attempt.state == State.CREATED:
        payments.move(attempt, State.FAILED, note=error)


def session_request(order: Order, attempt: PaymentAttempt) -> SessionRequest:
    """What the buyer sees and where they come back to; the order's key goes along, since it opens the order's page."""
    back = absolute(f"{reverse('checkout-return')}?{urlencode({'attempt': attempt.pk, 'key': order.key})}")
    return SessionRequest(
        attempt_id=attempt.pk,
        reference=order.number,
        currency=order.currency,
        lines=pay_lines(order),
        email=order.email,
        success_url=back,
        cancel_url=back + "&cancelled=1",
        expires_at=attempt.expires_at,
    )


def pay_lines(order: Order) -> tuple[PayLine, ...]:
    """Lines that add up to the order's total, always; one for all when a discount is spread over them."""
    # Read once: whoever holds their stock wants them next.
    prefetch_related_objects([order], "lines")
    if order.discount_total:
        return (PayLine(f"Order {order.number}", order.grand_total),)
    lines = [
        PayLine(line.product_name, line.unit_price, line.quantity, f"{line.colour_name}, {line.size_name}")
        for line in order.lines.all()
    ]
    if order.delivery_total:
        lines.append(PayLine(f"Delivery: {order.shipping_name}", order.delivery_total))
    assert sum(line.unit_amount * line.quantity for line in lines) == order.grand_total
    return tuple(lines)
