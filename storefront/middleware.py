"""What every request passes: a check of what servers and frameworks trip over; and the local server's own 404 page."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.views.defaults import page_not_found

NO_PAGE = Http404("no such address")


class BrokenRequests:
    """Keeps from Django what no browser sends and it would answer with 500.

    A Content-Length that is no number, which some servers pass on, is refused. A null character is dropped from queries
    of the staff site, whose filters would hand it to PostgreSQL; the shop's own pages look after themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        # The test client gives a number, servers give text.
        if not (str(length).isascii() and str(length).isdigit()):
            return HttpResponseBadRequest("refused: the Content-Length is no number\n", content_type="text/plain")
        if request.path_info.startswith(settings.STAFF_PATH):
            request.META["QUERY_STRING"] = request.META.get("QUERY_STRING", "").replace("%00", "")
        return self.get_response(request)


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
