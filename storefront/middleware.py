"""Middleware of the local server."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import page_not_found

NO_PAGE = Http404("no such address")


class OwnNotFoundPage:
    """With DEBUG on Django answers 404 with a page for developers; whoever tries the shop should see the shop's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        unresolved = response.status_code == 404 and request.resolver_match is None
        return page_not_found(request, NO_PAGE) if unresolved else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return page_not_found(request, exception) if isinstance(exception, Http404) else None
