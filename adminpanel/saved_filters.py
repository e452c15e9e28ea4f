"""Lists with their filters, search and order, kept under a name: one's own, and those that others share."""

from copy import copy
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from adminpanel.person import signed_in
from shop.accounts.staff_models import SavedFilter
from shop.core.errors import ShopError
from shop.core.http import plain

# Of how one looks at a list, not of what is in it.
PASSING = (PAGE_VAR, ALL_VAR, ERROR_FLAG, IS_POPUP_VAR, "_facets", "_to_field", "_changelist_filters")
LONGEST = 500
LONGEST_NAME = 60
# On one list, of one person.
MOST = 30
SHOWN = 60


@dataclass(frozen=True)
class SavedLists:
    """What a list shows of them. query: how it is filtered now; empty: not at all."""

    page: str
    query: str
    own: list[SavedFilter] = field(default_factory=list)
    shared: list[SavedFilter] = field(default_factory=list)


def page_name(model_admin: Any) -> str:
    """The name of a table's list, such as shop_order_changelist."""
    return f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist"


def query_of(sent: QueryDict) -> str:
    """What follows the question mark, without what passes, always written the same way."""
    kept = sent.copy()
    for name in PASSING:
        kept.pop(name, None)
    for name in [name for name in kept if not any(kept.getlist(name))]:
        del kept[name]
    return kept.urlencode()


def of_list(request: HttpRequest, model_admin: Any) -> SavedLists:
    """Those of this list that this person has or is offered. One query."""
    page = page_name(model_admin)
    rows = SavedFilter.objects.filter(Q(user=request.user.pk) | Q(is_shared=True), page=page).select_related("user")
    found = list(rows[:SHOWN])
    own = [row for row in found if row.user_id == request.user.pk]
    return SavedLists(page, query_of(request.GET), own, [row for row in found if row.user_id != request.user.pk])


def admin_of(request: HttpRequest, page: str) -> Any:
    """The ModelAdmin of that list. Raises ShopError for no list at all, PermissionDenied for one they may not see."""
    found = next((one for one in admin.site._registry.values() if page_name(one) == page), None)
    if found is None:
        raise ShopError("Say which list is to be saved.")
    if not found.has_view_or_change_permission(request):
        raise PermissionDenied
    return found


def checked(request: HttpRequest, model_admin: Any, query: str) -> str:
    """The query with parameters that this list takes, and none besides. Raises ShopError.

    The list itself is asked: it refuses what is no filter of its own, or no value of one.
    """
    if len(query) > LONGEST or "\0" in query:
        raise ShopError("This is too long to be saved.")
    try:
        sent = QueryDict(query)
        kept = query_of(sent)
        if not kept:
            raise ShopError("Choose a filter, a search or an order first: there is nothing to save yet.")
        if any(letter not in "0123456789.-" for letter in sent.get(ORDER_VAR, "")):
            raise ShopError("The list cannot be ordered so.")
        asked = copy(request)
        asked.method, asked.GET = "GET", QueryDict(kept)
        model_admin.get_changelist_instance(asked)
    except (IncorrectLookupParameters, DisallowedModelAdminLookup, ValueError, OverflowError) as refusal:
        raise ShopError("This list has no such filter.") from refusal
    if len(kept) > LONGEST:
        raise ShopError("This is too long to be saved.")
    return kept


def cleaned_name(typed: str) -> str:
    """Raises ShopError for none, or one that is too long."""
    name = " ".join(typed.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise ShopError(f"Give it a name of at most {LONGEST_NAME} letters.")
    return name


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """The list as it is filtered under a name; the same name again is the same saved list. Back to the list."""
    page = request.POST.get("page", "")
    try:
        model_admin = admin_of(request, page)
    except ShopError as refused:
        return plain(str(refused), 422)
    try:
        query = checked(request, model_admin, request.POST.get("query", ""))
        name = cleaned_name(request.POST.get("name", ""))
        own = SavedFilter.objects.filter(user=request.user.pk, page=page)
        if not own.filter(name=name).exists() and own.count() >= MOST:
            raise ShopError(f"You have saved {MOST} lists here: delete one first.")
    except ShopError as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse(f"admin:{page}"))
    kept = {"query": query, "is_shared": "shared" in request.POST}
    SavedFilter.objects.update_or_create(user=signed_in(request), page=page, name=name, defaults=kept)
    messages.success(request, f"Saved as “{name}”.")
    return HttpResponseRedirect(f"{reverse(f'admin:{page}')}?{query}")


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Rename one's own, share it or not, or delete it (do=delete). Another's is not there (404)."""
    pk = request.POST.get("filter", "")
    if not pk:
        return plain("Say which saved list is meant.", 422)
    own = SavedFilter.objects.filter(user=request.user.pk, pk=pk if pk.isdecimal() and len(pk) < 18 else 0)
    row = own.first()
    if row is None:
        raise Http404("no saved list of theirs")
    if request.POST.get("do") == "delete":
        row.delete()
        messages.success(request, f"“{row.name}” is deleted.")
    else:
        rename(request, row)
    return HttpResponseRedirect(reverse(f"admin:{row.page}"))


def rename(request: HttpRequest, row: SavedFilter) -> None:
    """Writes the name and whether it is shared, or says why not."""
    try:
        row.name, row.is_shared = cleaned_name(request.POST.get("name", "")), "shared" in request.POST
        with transaction.atomic():
            row.save(update_fields=["name", "is_shared", "updated_at"])
        messages.success(request, f"Saved as “{row.name}”.")
    except ShopError as refused:
        messages.error(request, str(refused))
    except IntegrityError:
        messages.error(request, f"You have a saved list “{row.name}” here already.")
