"""A buyer calls their order off: a page that asks once more, and the deed."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from shop.adapters.payments import ProviderError
from shop.checkout.cancelling import cancel_order, refusal
from shop.checkout.paying import PaymentUnavailable
from shop.core.http import personal_page, see_other
from shop.orders.access import load_order
from shop.orders.models import Order
from shop.orders.record_models import OrderRequest
from shop.orders.services import note_request
from shop.refunds.services import NotCancellable

log = logging.getLogger(__name__)
CANCEL = OrderRequest.What.CANCEL
UNREACHABLE = "We could not reach the payment service, so the order stands as it was. Please try again in a moment."


@personal_page
@require_http_methods(["GET", "HEAD", "POST"])
def order_cancel(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """GET asks, POST cancels and shows the order; a wrong number or key is 404. Cancelled already: the order's page."""
    order = load_order(number, key)
    if order.state == Order.State.CANCELLED:
        return see_other(order.get_absolute_url())
    if request.method != "POST":
        return page(request, order, refusal(order))
    try:
        cancel_order(order=order, actor=None, reason="cancelled by the customer")
    except NotCancellable as reason:
        note_request(order, CANCEL, f"refused: {reason}")
        return page(request, order, str(reason), status=409)
    except (ProviderError, PaymentUnavailable):
        log.warning("order %s could not be cancelled", order.number, exc_info=True)
        note_request(order, CANCEL, "the provider could not be asked")
        return page(request, order, problem=UNREACHABLE, status=503)
    note_request(order, CANCEL, "cancelled")
    return see_other(order.get_absolute_url())


def page(request: HttpRequest, order: Order, refused: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    """The question, with what went wrong; where it cannot be cancelled, why, and what to do instead."""
    order.refresh_from_db()
    context = {"order": order, "lines": list(order.lines.all()), "refused": refused, "problem": problem}
    return render(request, "shop/orders/cancel.html", context, status=status)
