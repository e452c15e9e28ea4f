"""Only what came through the edge is answered: its cache, its firewall and its rate limits stand before the shop."""

from collections.abc import Callable
from hmac import compare_digest
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase, HttpResponseForbidden

# The process answers, without a database or anything of the shop's: a check may ask the gateway itself.
OPEN = "/healthz"
REFUSAL = "refused: this address is not for visitors\n"


class OnlyThroughTheEdge:
    """Demands X-Origin-Secret, which only the edge knows and adds.

    ORIGIN_SECRET may hold two, with a comma between them: while the edge's thousand places learn a new one, both count.
    What passes was asked for at SITE_URL, by whatever name the edge called the gateway.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.secrets = [each.strip().encode() for each in settings.ORIGIN_SECRET.split(",") if each.strip()]
        if not self.secrets:
            raise ImproperlyConfigured("ORIGIN_SECRET is empty: everybody could go around the edge")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info != OPEN and not self.knows_secret(request):
            return HttpResponseForbidden(REFUSAL, content_type="text/plain")
        request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        return self.get_response(request)

    def knows_secret(self, request: HttpRequest) -> bool:
        """Whether the header has one of the secrets, compared in the same time whichever letter is wrong."""
        told = request.headers.get("X-Origin-Secret", "").encode()
        return any(compare_digest(told, secret) for secret in self.secrets)
