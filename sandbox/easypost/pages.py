"""EasyPost's own page of a parcel, and the buttons that make things happen to it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from sandbox.deliveries import deliver_due
from sandbox.easypost.driving import HAPPENINGS, happen
from sandbox.easypost.models import EasyPostShipment


@never_cache
@require_GET
def track(request: HttpRequest, number: str) -> HttpResponse:
    parcel = get_object_or_404(EasyPostShipment, tracking_code=number)
    choices = [(what, what.replace("_", " ").capitalize()) for what in HAPPENINGS]
    context = {"parcel": parcel, "news": parcel.news, "choices": choices, "act": "sandbox-on-easypost-parcel"}
    return render(request, "sandbox/courier/track.html", context)


@require_POST
def on_parcel(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Let that happen to the parcel, tell the shop, and show the page again."""
    parcel = get_object_or_404(EasyPostShipment, tracking_code=number)
    if kind not in HAPPENINGS:
        raise Http404("no such thing happens")
    happen(parcel.pk, kind)
    deliver_due(most=5)
    response = HttpResponse(status=303)
    response["Location"] = reverse("sandbox-easypost-track", args=[number])
    return response
