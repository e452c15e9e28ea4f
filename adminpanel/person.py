"""Who works in the staff site."""

from django.http import Http404, HttpRequest

from shop.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The person; who is not signed in never comes here."""
    if not request.user.is_authenticated:
        raise Http404
    return request.user
