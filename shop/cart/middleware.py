"""What somebody sees while bags cannot be reached: words, and what they typed, to be sent once more."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from shop.cart.stores import BagsUnavailable

RETRY_SECONDS = 10
# Neither a token that a new form has anyway, nor what must not lie in a page.
LEFT_OUT = ("csrfmiddlewaretoken", "password")


class BagsOutOfReach:
    """Answers 503 where a view could not reach the bag. A form that was sent stands in the answer, to be sent again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, BagsUnavailable):
            return None
        context = {"reason": str(exception), "typed": typed(request), "again": request.get_full_path()}
        response = render(request, "shop/cart/out_of_reach.html", context, status=503)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields that were sent, in their order, without secrets."""
    fields = ((name, value) for name, values in request.POST.lists() for value in values)
    return [(name, value) for name, value in fields if not any(secret in name for secret in LEFT_OUT)]
