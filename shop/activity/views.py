"""The beacon of pages that an edge may have kept, so that the shop never saw them asked for."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from shop.activity.pace import PACE
from shop.activity.services import note, read_mark, wants_no_counting
from shop.core.http import client_address, personal_page, plain, same_origin_post


@personal_page
@same_origin_post
@require_POST
def activity(request: HttpRequest) -> HttpResponse:
    """Count what a page says of itself. Reads no cookie, and asks nobody who is there."""
    if wants_no_counting(request):
        return HttpResponse(status=204)
    if not PACE.lets(client_address(request) or ""):
        return plain("Too many at once.", 429)
    try:
        kind, product = read_mark(request.POST.get("mark", ""))
    except ValueError:
        return plain("mark: as it stands in a page of ours.", 400)
    note(kind, product)
    return HttpResponse(status=204)
