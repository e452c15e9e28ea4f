"""The twin's page, and its buttons. Only where `make twin` serves the shop."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from sandbox.models import Weather
from sandbox.twin import looking
from sandbox.twin.edge import NoDistribution
from shop.adapters.files_s3 import FOR_EVER

AWAY = (OSError, BotoCoreError, ClientError, NoDistribution)
View = Callable[..., HttpResponseBase]


def where_there_is_one(view: View) -> View:
    """404 in a shop that does not run on a pretended AWS; words while that one is away."""

    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not settings.TWIN_PEEK:
            raise Http404("This shop has no twin: make twin")
        try:
            return view(request, **kwargs)
        except AWAY as error:
            return render(request, "sandbox/twin.html", {"away": str(error)}, status=503)

    return wrapped


@never_cache
@require_GET
@where_there_is_one
def twin(request: HttpRequest) -> HttpResponse:
    return render(request, "sandbox/twin.html", {"twin": looking.look(), "site": settings.AWS_ENDPOINT})


@require_safe
@where_there_is_one
def media(request: HttpRequest, name: str) -> FileResponse:
    """A picture out of the bucket, as the edge reads it there."""
    try:
        return FileResponse(default_storage.open(name), headers={"Cache-Control": FOR_EVER["CacheControl"]})
    except (FileNotFoundError, IsADirectoryError, SuspiciousFileOperation) as error:
        raise Http404("no such picture") from error


@require_POST
@where_there_is_one
def on_consumer(request: HttpRequest, action: str) -> HttpResponse:
    """Stop or start the reading of queues."""
    if action not in ("stop", "start"):
        raise Http404("no such action")
    Weather.today()
    Weather.objects.update(queues_stopped=action == "stop")
    return back()


@require_POST
@where_there_is_one
def on_queue(request: HttpRequest, name: str) -> HttpResponse:
    """Replay dead letters."""
    if name not in {queue.name for queue in looking.look().queues if queue.is_dead_letters}:
        raise Http404("no dead letters of that name")
    looking.replay(name)
    return back()


@require_POST
@where_there_is_one
def on_bus_event(request: HttpRequest, event_id: str) -> HttpResponse:
    """Deliver it once more."""
    if not looking.repeat(event_id):
        raise Http404("no such event")
    return back()


TROUBLE: dict[str, Callable[[], object]] = {"poison": looking.poison, "forget": looking.forget_everything}


@require_POST
@where_there_is_one
def on_trouble(request: HttpRequest, action: str) -> HttpResponse:
    """Make the shop's life hard."""
    if action not in TROUBLE:
        raise Http404("no such action")
    TROUBLE[action]()
    return back()


def back() -> HttpResponse:
    response = HttpResponseRedirect(reverse("sandbox-twin"))
    response.status_code = 303
    return response
