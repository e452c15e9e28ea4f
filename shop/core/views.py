"""Answers for load balancers and uptime checks."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from shop.core.http import plain


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers: its build, without asking the database."""
    return plain(f"ok {settings.BUILD_ID}", 200)


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return plain("the database does not answer", 503)
    return plain("ready", 200)
