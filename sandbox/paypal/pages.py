"""Where the buyer agrees: plain forms, no script, and nothing that looks like PayPal's own page."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sandbox.deliveries import deliver_due
from sandbox.paypal import paying
from sandbox.paypal.amounts import written
from sandbox.paypal.api import BASE
from sandbox.paypal.models import PayPalOrder

# By what the buyer may pay: (value, name, what then happens).
FUNDING = (
    (PayPalOrder.Funding.BALANCE, "Balance", "Pays at once"),
    (PayPalOrder.Funding.ECHECK, "Bank account (eCheck)", "Stays pending until the control page lets it clear"),
    (PayPalOrder.Funding.DECLINED, "A card that will be declined", "The shop is told so when it takes the money"),
)


@never_cache
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, order_id: str) -> HttpResponse:
    """Show what is to be agreed to, or do what the button says. An order that waits for nobody says so."""
    order = load(order_id)
    waits = order.status == PayPalOrder.Status.PAYER_ACTION_REQUIRED
    if request.method == "POST" and "cancel" in request.POST:
        return see(order.cancel_url, token=order.pk)
    if request.method == "POST" and (request.POST.get("funding") in PayPalOrder.Funding or not waits):
        order = paying.approve(order_id, request.POST.get("funding", ""), request.build_absolute_uri(BASE))
        # The shop's webhook is told first, as it mostly is; what fails here is tried again by the worker.
        deliver_due(most=5)
        return see(order.return_url, token=order.pk, PayerID=order.payer_id)
    return render(request, "sandbox/paypal/approve.html", facts(order) | {"waits": waits, "funding": FUNDING})


def load(order_id: str) -> PayPalOrder:
    """The order as it is now, 404 for one that is unknown or forgotten."""
    try:
        with transaction.atomic():
            return paying.locked(order_id)
    except PayPalOrder.DoesNotExist:
        raise Http404("The sandbox has no such order.") from None


def facts(order: PayPalOrder) -> dict[str, Any]:
    lines = [
        {**item, "amount": written(Decimal(item["unit_amount"]["value"]) * int(item["quantity"]), order.currency)}
        for item in order.unit.get("items", [])
    ]
    return {"order": order, "lines": lines, "total": written(order.value, order.currency)}


def see(address: str, **query: str) -> HttpResponse:
    """Back to the shop (303), with what PayPal adds to the address."""
    response = HttpResponseRedirect(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}")
    response.status_code = 303
    return response
