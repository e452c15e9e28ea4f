"""Where payments come back to the shop: the buyer, the provider's messages, and a second try."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from shop.adapters.payments import BadWebhook, ProviderError, offered, provider
from shop.checkout.announced import process_event
from shop.checkout.paying import PaymentUnavailable
from shop.checkout.retry import NotPayable, pay_again
from shop.checkout.sync import sync
from shop.core.crash import crash_point
from shop.core.errors import ShopError
from shop.core.http import personal_page, plain, see_other
from shop.orders.access import load_order
from shop.orders.models import Order
from shop.orders.record_models import OrderRequest
from shop.orders.services import note_request
from shop.payments import services as payments
from shop.payments.models import PaymentAttempt
from shop.warehouse.services import OutOfStock

log = logging.getLogger(__name__)

Request = OrderRequest.What
Provider = PaymentAttempt.Provider
# Why an order has no page to be paid on: as the order's page knows it, and in words for the staff.
CLOSED = "closed"
ANSWERS = {
    "": "sent to the payment page",
    "unavailable": "the payment page could not be had",
    CLOSED: "the order does not wait for a payment",
    "sold-out": "something had sold out",
}
# The providers' events are a few kilobytes.
LARGEST_WEBHOOK = 512 * 1024


@personal_page
@require_GET
def checkout_return(request: HttpRequest) -> HttpResponse:
    """The buyer is back from the provider's page, which proves nothing: ask the provider, then show the order.

    The address carries the order's key, so it shows an order only to those who could see it anyway.
    """
    attempt = load_attempt(request.GET.get("attempt", ""), request.GET.get("key", ""))
    page = attempt.order.get_absolute_url()
    try:
        attempt = sync(attempt.pk)
        outcome = f"the payment is {attempt.get_state_display().lower()}"
        if attempt.state == PaymentAttempt.State.OPEN and "cancelled" in request.GET:
            page += "?payment=cancelled"
            outcome = "went back without paying"
        elif attempt.state == PaymentAttempt.State.FAILED:
            page += "?payment=declined"
    except (ProviderError, ShopError):
        # The webhook or the reconciler will bring the news; until then the order says that it waits.
        log.exception("payment %s could not be checked on return", attempt.pk)
        page += "?payment=checking"
        outcome = "the provider could not be asked"
    note_request(attempt.order, Request.RETURNED, outcome)
    return see_other(page)


def load_attempt(attempt_id: str, order_key: str) -> PaymentAttempt:
    """The attempt, for somebody who holds its order's key; 404 for everybody else."""
    parsed = payments.parse_id(attempt_id)
    if parsed is None:
        raise Http404("no such payment")
    attempt = get_object_or_404(PaymentAttempt.objects.select_related("order"), pk=parsed)
    if not constant_time_compare(attempt.order.key, order_key):
        raise Http404("no such payment")
    return attempt


@personal_page
@require_POST
def order_pay(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """The button on an unpaid order: off to a page where it can be paid, or back with the reason why not."""
    order = load_order(number, key)
    chosen, takers = request.POST.get("payment", ""), offered(order.currency, order.grand_total)
    page, reason = page_to_pay_on(order, Request.PAY, chosen if chosen in takers else "")
    return see_other(page or f"{order.get_absolute_url()}?payment={reason}")


def page_to_pay_on(order: Order, what: OrderRequest.What, name: str) -> tuple[str, str]:
    """Where the order can be paid, or no address and why not, as the order's page knows it. Noted with the order.

    name: of the provider, empty for the one that was tried last.
    """
    page, reason = "", ""
    try:
        page = pay_again(order, name)
    except PaymentUnavailable:
        reason = "unavailable"
    except NotPayable:
        reason = CLOSED
    except OutOfStock:
        reason = "sold-out"
    note_request(order, what, ANSWERS[reason])
    return page, reason


@csrf_exempt
@require_POST
def webhook_stripe(request: HttpRequest) -> HttpResponse:
    """A message from Stripe."""
    return receive(request, Provider.STRIPE)


@csrf_exempt
@require_POST
def webhook_paypal(request: HttpRequest) -> HttpResponse:
    """A message from PayPal."""
    return receive(request, Provider.PAYPAL)


def receive(request: HttpRequest, name: Provider) -> HttpResponse:
    """A provider's message: verified on its raw bytes, stored, then worked on.

    400 for what is not certainly from the provider; 500 whenever it could not be verified or worked on, so that the
    provider sends it again.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_WEBHOOK:
        return plain("refused: the body is too large", 400)
    try:
        event = provider(name).read_webhook(request.body, request.headers)
    except BadWebhook as error:
        return plain(f"refused: {error}", 400)
    except ProviderError:
        log.warning("a webhook of %s could not be verified", name, exc_info=True)
        return plain("not verified: try again later", 500)
    crash_point("webhook-before-store")
    row = payments.store_event(name, event)
    crash_point("webhook-stored")
    try:
        process_event(row)
    except Exception as error:
        log.exception("webhook %s (%s) could not be processed", row.event_id, row.type)
        payments.fail_event(row, str(error) or repr(error))
        return plain("stored, but not processed: please send it again", 500)
    return plain("processed", 200)
