"""Whoever was signed out from elsewhere is nobody from the next request on."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from shop.accounts import sessions
from shop.accounts.models import User
from shop.accounts.rechecking import still_stands


class EndedSignIns:
    """Stands after Django's AuthenticationMiddleware, and is as lazy: public pages ask for nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.user

        def person() -> User | AnonymousUser:
            user = sessions.person(request)
            if user is None and known.is_authenticated and not sessions.was_ended(request):
                user = known
            return user if user and still_stands(request, user) else AnonymousUser()

        request.user = SimpleLazyObject(person)  # type: ignore[assignment]
        return self.get_response(request)
