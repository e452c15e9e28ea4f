"""Answers for load balancers and uptime checks."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static

from shop.core.http import plain


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers: its build, without asking the database."""
    return plain(f"ok {settings.BUILD_ID}", 200)


def favicon(request: HttpRequest) -> HttpResponse:
    """For whoever asks without having read a page's own link to the icon: where it lies, good for a day."""
    return HttpResponseRedirect(static("img/icon-192.png"), headers={"Cache-Control": "public, max-age=86400"})


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return plain("the database does not answer", 503)
    return plain("ready", 200)
