"""A kick at the end of each request that left rows to work on; who takes it is in storefront/aws/queues.py."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from shop.adapters.kick import kicking


class KickMiddleware:
    """After the request's transactions, before its response goes out, at most one kick."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with kicking():
            return self.get_response(request)
