"""The courier's own page of a parcel, for whoever has its number, and the buttons that make things happen to it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from sandbox.courier.driving import PLACES, happen
from sandbox.courier.models import CourierParcel
from sandbox.deliveries import deliver_due


@never_cache
@require_GET
def track(request: HttpRequest, number: str) -> HttpResponse:
    parcel = get_object_or_404(CourierParcel, tracking_number=number)
    words = {"collected": "Collect", "delivered": "Deliver", "lost": "Lose it", "attempt-failed": "Nobody at home"}
    choices = [(kind, words.get(kind, kind.replace("-", " ").capitalize())) for kind in map(str, PLACES)]
    news = parcel.news.order_by("-at", "-pk")
    context = {"parcel": parcel, "news": news, "choices": choices, "act": "sandbox-on-parcel"}
    return render(request, "sandbox/courier/track.html", context)


@require_POST
def on_parcel(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Let that happen to the parcel, tell the shop, and show the page again."""
    parcel = get_object_or_404(CourierParcel, tracking_number=number)
    if kind not in PLACES:
        raise Http404("no such thing happens")
    happen(parcel.pk, kind)
    deliver_due(most=5)
    response = HttpResponse(status=303)
    response["Location"] = reverse("sandbox-courier-track", args=[number])
    return response
