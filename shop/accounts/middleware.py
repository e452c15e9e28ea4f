"""Whoever was signed out from elsewhere is nobody from the next request on."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from shop.accounts import sessions
from shop.accounts.models import User


class EndedSignIns:
    """Stands after Django's AuthenticationMiddleware, and is as lazy: public pages ask for nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.user

        def person() -> User | AnonymousUser:
            if at_once := sessions.person(request):
                return at_once
            return AnonymousUser() if known.is_authenticated and sessions.was_ended(request) else known

        request.user = SimpleLazyObject(person)  # type: ignore[assignment]
        return self.get_response(request)
