"""Steps of a paper of the house (a transfer, a count): one button each, guarded by a right and by its state."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from shop.core.errors import ShopError

# What to do with the row; the words that say it is done.
Step = Callable[[HttpRequest, Any], str]


def step_view(model: type[Model], rights: tuple[str, ...], step: Step) -> Callable[[HttpRequest, int], HttpResponse]:
    """A POST does it and says so, or says why not; both go back to the row's page, and so does a GET."""

    def view(request: HttpRequest, row_id: int) -> HttpResponse:
        if not request.user.has_perms(rights):
            raise PermissionDenied
        row = get_object_or_404(model, pk=row_id)
        if request.method == "POST":
            try:
                messages.success(request, step(request, row))
            except ShopError as refused:
                messages.error(request, str(refused))
        return HttpResponseRedirect(page_of(row))

    return view


def page_of(row: Model) -> str:
    """The address of the row's page."""
    return reverse(f"admin:shop_{row._meta.model_name}_change", args=[row.pk])
