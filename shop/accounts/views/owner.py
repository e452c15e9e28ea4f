"""Who an account's page is about."""

from django.http import HttpRequest

from shop.accounts.models import User


def owner(request: HttpRequest) -> User:
    """Who is signed in. Only for pages that nobody else gets to."""
    assert isinstance(request.user, User)
    return request.user
