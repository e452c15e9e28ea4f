"""The HTTP interface for suppliers that have software. Its description: /supplier/api/v1/openapi.json."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from shop.accounts import limits
from shop.adapters.accounts import TooManyTries
from shop.core.errors import ShopError
from shop.core.http import client_address, personal_page, public_page
from shop.suppliers.answering import AnswerRefused, confirm, propose, ship_notice
from shop.suppliers.keys import supplier_of
from shop.suppliers.models import Supplier
from shop.suppliers.moves import State, Who
from shop.suppliers.openapi import description, operations
from shop.suppliers.purchase_models import Channel, PurchaseOrder
from shop.suppliers.reading import (
    LARGEST,
    BadRequest,
    Json,
    read_answers,
    read_body,
    read_notice,
    read_proposals,
    written,
)

BY = Who(Channel.API)
MINUTE = timedelta(minutes=1)
A_MINUTE, WRONG_KEYS = 120, 20
MOST_ORDERS = 100
Call = Callable[..., Json]


class NotFound(ShopError):
    """No such order of this supplier."""


def refused(status: int, words: str, **more: Any) -> JsonResponse:
    return JsonResponse({"error": words, **more}, status=status)


def call(method: str) -> Callable[[Call], Callable[..., HttpResponseBase]]:
    """An operation: asked with a key by that method, answered in JSON; refusals have words and a status."""

    def decorate(operation: Call) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @personal_page  # type: ignore[arg-type]  # wraps() keeps the operation's own types
        @wraps(operation)
        def view(request: HttpRequest, **names: str) -> HttpResponse:
            try:
                supplier = known_supplier(request)
                if supplier is None:
                    answer = refused(401, "Send your key as “Authorization: Bearer aspire_...”.")
                    answer["WWW-Authenticate"] = "Bearer"
                    return answer
                if request.method != method:
                    answer = refused(405, f"Ask by {method}.")
                    answer["Allow"] = method
                    return answer
                return answered(operation, request, supplier, names)
            except TooManyTries as wait:
                answer = refused(429, f"Too many requests: wait {wait.seconds} seconds.")
                answer["Retry-After"] = str(wait.seconds)
                return answer

        return view

    return decorate


def known_supplier(request: HttpRequest) -> Supplier | None:
    """Whose key the request carries. Raises TooManyTries; wrong keys are counted by where they come from."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    supplier = supplier_of(key.strip()) if scheme.lower() == "bearer" else None
    if supplier is None:
        limits.hit(f"supplier-key:{client_address(request)}", limit=WRONG_KEYS, window=MINUTE)
    else:
        limits.hit(f"supplier-api:{supplier.pk}", limit=A_MINUTE, window=MINUTE)
    return supplier


def answered(operation: Call, request: HttpRequest, supplier: Supplier, names: dict[str, str]) -> HttpResponse:
    try:
        if request.method == "POST" and int(request.headers.get("Content-Length") or 0) > LARGEST:
            return refused(413, f"A request may have {LARGEST} bytes at most.")
        return JsonResponse(operation(request, supplier, **names))
    except BadRequest as wrong:
        return refused(400, str(wrong))
    except NotFound as missing:
        return refused(404, str(missing))
    except AnswerRefused as wrong:
        problems = [{"line": pk, "problem": words} for pk, words in wrong.problems.items()]
        return refused(422, "Nothing was written: see the lines.", lines=problems)
    except ShopError as wrong:
        return refused(409, str(wrong))


def order_of(supplier: Supplier, number: str) -> PurchaseOrder:
    """One of the supplier's own, once it was sent. Raises NotFound for any other."""
    orders = PurchaseOrder.objects.filter(supplier=supplier, number=number.replace("\0", "")).exclude(state=State.DRAFT)
    order = orders.select_related("location").prefetch_related("lines__variant").first()
    if order is None or order.sent_at is None:
        raise NotFound(f"You have no purchase order {number[:20]}.")
    return order


@call("GET")
def orders(request: HttpRequest, supplier: Supplier) -> Json:
    """The newest orders from which goods are still to come."""
    found = PurchaseOrder.objects.expected().filter(supplier=supplier).select_related("location")
    return {"orders": [written(order) for order in found.prefetch_related("lines__variant")[:MOST_ORDERS]]}


@call("GET")
def order(request: HttpRequest, supplier: Supplier, number: str) -> Json:
    return written(order_of(supplier, number))


@call("POST")
def confirm_order(request: HttpRequest, supplier: Supplier, number: str) -> Json:
    confirm(order_of(supplier, number).pk, read_answers(read_body(request.body)), BY)
    return written(order_of(supplier, number))


@call("POST")
def propose_changes(request: HttpRequest, supplier: Supplier, number: str) -> Json:
    found = order_of(supplier, number)
    propose(found.pk, read_proposals(read_body(request.body), found), BY)
    return written(order_of(supplier, number))


@call("POST")
def notify_shipped(request: HttpRequest, supplier: Supplier, number: str) -> Json:
    ship_notice(order_of(supplier, number).pk, read_notice(read_body(request.body)), BY)
    return written(order_of(supplier, number))


@public_page()
@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    return JsonResponse(description())


@public_page()
@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """The description as a page to read."""
    found = description()
    return render(request, "shop/suppliers/api.html", {"description": found, "operations": operations(found)})
