"""Public pages out of the edge store: a hit runs no view and no query."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from shop.adapters.edge import EdgeStore, Page
from shop.core import clock
from shop.core.http import SHOWN
from shop.edge.models import EdgePurge
from shop.edge.services import edge_store

S_MAXAGE = re.compile(r"(?:^|,)\s*s-maxage=(\d+)")
# What an edge knows of a page: nothing that stands in the request but its address and encoding.
VARIES = {"", "accept-encoding"}
# By so much the clocks of two machines may differ.
MARGIN = timedelta(seconds=1)


class Edge:
    """Stands first, so that what is kept is what went out, compressed and with all its headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        store = edge_store() if settings.EDGE else None
        if store is None:
            raise MiddlewareNotUsed
        self.store: EdgeStore = store
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        if found := self.store.find(request):
            return self.out_of_store(request, found)
        began = clock.now()
        response = self.get_response(request)
        page = page_of(response)
        if response.cookies:
            close(response)
        if page and isinstance(response, HttpResponse):
            self.store.keep(request, response, page)
            # Made while something changed, it may say what is old already, and its purge may be over.
            if EdgePurge.objects.unsettled(began - MARGIN).exists():
                self.store.forget(request, response)
        return response

    def out_of_store(self, request: HttpRequest, found: HttpResponse) -> HttpResponseBase:
        """304 for who has it already; no body for HEAD."""
        response = get_conditional_response(request, etag=found.get("ETag"), response=found)
        assert response is not None
        if request.method == "HEAD":
            response.content = b""
        return response


def close(response: HttpResponseBase) -> None:
    """Take back the permission to keep what has a cookie in it: an edge that goes by headers would hand it to all."""
    if S_MAXAGE.search(response.get("Cache-Control", "")):
        response["Cache-Control"] = "private, no-store"


def page_of(response: HttpResponseBase) -> Page | None:
    """What may be kept of a response: a whole public page (public_page) that sets no cookie; else None."""
    tags: frozenset[str] = getattr(response, SHOWN, frozenset())
    if not tags or response.status_code != 200 or response.streaming or response.cookies:
        return None
    if {part.strip().lower() for part in response.get("Vary", "").split(",")} - VARIES:
        return None
    seconds = S_MAXAGE.search(response.get("Cache-Control", ""))
    return Page(tags, int(seconds[1])) if seconds and int(seconds[1]) else None
