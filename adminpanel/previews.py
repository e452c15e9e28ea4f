"""A look before an action of a list is done: what happens to each chosen row, and why the others stay."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from adminpanel.site import StaffAdmin

# What the button of the look posts.
CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Row:
    """cells: what tells it from others, its name first. why: the reason why it stays as it is, or empty."""

    key: int
    cells: Sequence[str]
    why: str = ""


@dataclass(frozen=True)
class Look:
    """done: what becomes of a row that has no reason to stay, such as Goes."""

    action: str
    title: str
    words: str
    headings: Sequence[str]
    done: str
    button: str


def preview(model_admin: StaffAdmin, request: HttpRequest, look: Look, rows: Sequence[Row]) -> HttpResponse:
    """The page with these rows; its button does the action for them."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": look.title,
        "opts": model_admin.opts,
        "look": look,
        "rows": rows,
        "able": sum(not row.why for row in rows),
        "back": f"{request.path}?{request.GET.urlencode()}",
    }
    return TemplateResponse(request, "adminpanel/look.html", context)
