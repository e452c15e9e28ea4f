"""The control page: see what the pretended provider did, and make its life hard."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from sandbox.courier.models import CourierParcel
from sandbox.deliveries import deliver, deliver_due, send
from sandbox.easypost.models import EasyPostShipment
from sandbox.models import Delivery, Event, Session, Weather
from sandbox.money import written
from sandbox.paypal import amounts, disputes
from sandbox.paypal import paying as paypal
from sandbox.paypal.api import BASE
from sandbox.paypal.models import PayPalOrder
from sandbox.stripe import paying, trouble

MOST_SHOWN = 30
MOST_LOST = 1000
LONGEST_DELAY = 3600


@never_cache
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    paying.expire_overdue()
    sessions = list(Session.objects.select_related("intent").order_by("-created")[:MOST_SHOWN])
    bought = EasyPostShipment.objects.exclude(tracking_code="")
    context = {
        "weather": Weather.today(),
        "sessions": [(session, written(session.amount_total, session.currency)) for session in sessions],
        "orders": [
            (order, amounts.written(order.value, order.currency), order.captures.first())
            for order in PayPalOrder.objects.prefetch_related("captures").order_by("-created")[:MOST_SHOWN]
        ],
        "parcels": [
            *(("sandbox-courier-track", parcel) for parcel in CourierParcel.objects.all()[:MOST_SHOWN]),
            *(("sandbox-easypost-track", parcel) for parcel in bought.order_by("-created")[:MOST_SHOWN]),
        ],
        "events": Event.objects.order_by("-created", "-pk")[:MOST_SHOWN],
        "deliveries": Delivery.objects.select_related("event").order_by("-pk")[:MOST_SHOWN],
        "most": MOST_SHOWN,
        "most_lost": MOST_LOST,
        "longest_delay": LONGEST_DELAY,
    }
    return render(request, "sandbox/control.html", context)


def send_twice(event: Event) -> None:
    send(event)
    send(event)


def drop(delivery: Delivery) -> None:
    """Lose it, unless the shop has it already."""
    waiting = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING)
    waiting.update(state=Delivery.State.LOST, answer="dropped by hand")


def try_now(delivery: Delivery) -> None:
    """Deliver it at once, whatever became of it before."""
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.WAITING, next_at=timezone.now())
    delivery.refresh_from_db()
    deliver(delivery)


SESSION_ACTIONS: dict[str, Callable[[str], Any]] = {
    "expire": paying.expire_now,
    "later": lambda session_id: paying.move_clock(session_id, 15),
    "succeed": lambda session_id: paying.settle(session_id, succeeds=True),
    "fail": lambda session_id: paying.settle(session_id, succeeds=False),
    "refund": trouble.refund_here,
    "fail-refund": trouble.fail_refund,
    "dispute": trouble.open_dispute,
    "win": lambda session_id: trouble.close_dispute(session_id, won=True),
    "lose": lambda session_id: trouble.close_dispute(session_id, won=False),
    "review": trouble.open_review,
    "approve": trouble.close_review,
    "warn": trouble.warn,
}
ORDER_ACTIONS: dict[str, Callable[[tuple[str, str]], Any]] = {
    "clear": lambda subject: paypal.settle(*subject, succeeds=True),
    "deny": lambda subject: paypal.settle(*subject, succeeds=False),
    "refund": lambda subject: paypal.refund_rest(*subject),
    "dispute": lambda subject: disputes.start(*subject),
    "win": lambda subject: disputes.close(*subject, won=True),
    "lose": lambda subject: disputes.close(*subject, won=False),
    "forget": lambda subject: paypal.forget(subject[0]),
}
EVENT_ACTIONS: dict[str, Callable[[Event], Any]] = {"resend": send, "duplicate": send_twice}
DELIVERY_ACTIONS: dict[str, Callable[[Delivery], Any]] = {"deliver": try_now, "drop": drop}


@require_POST
def on_session(request: HttpRequest, session_id: str, action: str) -> HttpResponse:
    get_object_or_404(Session, pk=session_id)
    return act(SESSION_ACTIONS, action, session_id)


@require_POST
def on_order(request: HttpRequest, order_id: str, action: str) -> HttpResponse:
    get_object_or_404(PayPalOrder.objects.exclude(status=PayPalOrder.Status.FORGOTTEN), pk=order_id)
    return act(ORDER_ACTIONS, action, (order_id, request.build_absolute_uri(BASE)))


@require_POST
def on_event(request: HttpRequest, event_id: str, action: str) -> HttpResponse:
    return act(EVENT_ACTIONS, action, get_object_or_404(Event, pk=event_id))


@require_POST
def on_delivery(request: HttpRequest, delivery_id: int, action: str) -> HttpResponse:
    return act(DELIVERY_ACTIONS, action, get_object_or_404(Delivery, pk=delivery_id))


@require_POST
def set_weather(request: HttpRequest) -> HttpResponse:
    """How many of the next webhooks and label answers get lost, and by how many seconds other webhooks are late."""
    with transaction.atomic():
        weather = Weather.today()
        weather.lose_next = between(request.POST.get("lose_next", ""), MOST_LOST)
        weather.lose_labels = between(request.POST.get("lose_labels", ""), MOST_LOST)
        weather.break_next = between(request.POST.get("break_next", ""), MOST_LOST)
        weather.limit_next = between(request.POST.get("limit_next", ""), MOST_LOST)
        weather.delay_seconds = between(request.POST.get("delay_seconds", ""), LONGEST_DELAY)
        weather.save()
    return back()


def act(actions: dict[str, Callable[[Any], Any]], action: str, subject: Any) -> HttpResponse:
    """Do it, deliver what became due by it, and show the page again. 404 for an unknown action."""
    if action not in actions:
        raise Http404("no such action")
    actions[action](subject)
    deliver_due(most=5)
    return back()


def between(text: str, most: int) -> int:
    """The number in a text, held between 0 and most; 0 for anything else."""
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def back() -> HttpResponse:
    response = HttpResponseRedirect(reverse("sandbox"))
    response.status_code = 303
    return response
