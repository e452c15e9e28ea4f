"""The frame of the pages around signing in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from shop.accounts.forms import GateForm
from shop.core.http import personal_page

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def gate(view: View[P]) -> View[P]:
    """A personal page with a form on it, which tells no other page where it was."""

    @personal_page
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return wrapped


def show(request: HttpRequest, page: str, form: GateForm, **context: Any) -> HttpResponse:
    """The page templates/shop/accounts/<page>.html with its form, under the form's status."""
    return render(request, f"shop/accounts/{page}.html", {"form": form, **context}, status=form.status)
