"""Where carriers tell what happened to parcels."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from shop.adapters.carriers import BadTracking, carrier, is_known
from shop.core.http import plain
from shop.delivery.tracking import take

log = logging.getLogger(__name__)

LARGEST_WEBHOOK = 256 * 1024


@csrf_exempt
@require_POST
def webhook_carrier(request: HttpRequest, name: str) -> HttpResponse:
    """A carrier's message, verified on its raw bytes. 400 for what is not certainly from it.

    News of a parcel that is none of ours is taken and dropped: sent again it would not become ours.
    """
    if not is_known(name):
        raise Http404("no such carrier")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_WEBHOOK:
        return plain("refused: the body is too large", 400)
    try:
        found = carrier(name).read_webhook(request.body, request.headers)
    except BadTracking as error:
        return plain(f"refused: {error}", 400)
    try:
        taken = sum(take(name, tracked) for tracked in found)
    except Exception:
        log.exception("news of %s could not be worked on", name)
        return plain("not processed: please send it again", 500)
    return plain(f"taken: {taken}", 200)
