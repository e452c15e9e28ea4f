"""Who is in front of a page: somebody signed in, or a guest."""

from django.conf import settings
from django.http import HttpRequest

from shop.accounts.models import User


def customer(request: HttpRequest) -> User | None:
    """Who is signed in. Without a session cookie nobody is, and no query is needed to know it."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not isinstance(request.user, User):
        return None
    return request.user
