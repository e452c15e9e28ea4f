"""Changes of many rows: a look at what would change, the button that writes it, and the one that takes it back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from adminpanel.person import signed_in
from adminpanel.site import ReadOnlyAdmin, state_column
from shop.accounts.models import User
from shop.bulk import services
from shop.bulk.edits import Edit, unpacked
from shop.bulk.models import BulkChange
from shop.bulk.tables import TABLES
from shop.core.errors import ShopError

# Rows shown of each table; all of them are written.
SHOWN = 500


@admin.register(BulkChange)
class BulkChangeAdmin(ReadOnlyAdmin):
    history_in = "The page of the change lists every value from and to, who wrote it, and who took it back."
    list_display = [
        *("title", state_column("state", {"planned": "warn", "done": "good"}), "rows", "reason"),
        *("created_by", "created_at"),
    ]
    list_filter = ["state", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["title", "reason"]
    search_help_text = "What was done, or why"

    def get_queryset(self, request: HttpRequest) -> Any:
        """A list of changes needs no values."""
        return BulkChange.objects.defer("edits", "refused")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:change_id>/write/", view(require_POST(self.write_view)), name="shop_bulkchange_write"),
            path("<int:change_id>/undo/", view(require_POST(self.undo_view)), name="shop_bulkchange_undo"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """From what to what, and what stays as it is."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        row = self.existing(request, object_id)
        edits = unpacked(row.edits)
        context = {
            **self.admin_site.each_context(request),
            "title": row.title,
            "opts": self.opts,
            "row": row,
            "rows": told(edits[:SHOWN]),
            "values": len(edits),
            "refused": row.refused[:SHOWN],
            "may_write": request.user.has_perms(rights_of(edits)),
            "undone_by": BulkChange.objects.filter(undoes=row).first(),
        }
        return TemplateResponse(request, "adminpanel/bulk/change.html", context)

    def write_view(self, request: HttpRequest, change_id: int) -> HttpResponse:
        """Write it; a second click finds it written."""
        user = self.writer(request, change_id)
        try:
            row = services.write(change_id=change_id, user=user)
        except ShopError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(reverse("admin:shop_bulkchange_change", args=[change_id]))
        (messages.success if row.rows else messages.warning)(request, f"{count_words(row.rows)} changed.")
        return HttpResponseRedirect(page_of(row))

    def undo_view(self, request: HttpRequest, change_id: int) -> HttpResponse:
        """Take it back; the page of the undo says what could not be."""
        user = self.writer(request, change_id)
        try:
            row = services.undo(change_id=change_id, user=user)
        except ShopError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(reverse("admin:shop_bulkchange_change", args=[change_id]))
        messages.success(request, f"{count_words(row.rows)} as before.")
        return HttpResponseRedirect(page_of(row))

    def writer(self, request: HttpRequest, change_id: int) -> User:
        """Who asks. Raises PermissionDenied for whoever may not change each of those tables."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(BulkChange, pk=change_id)
        if not request.user.has_perms(rights_of(unpacked(row.edits))):
            raise PermissionDenied
        return signed_in(request)


def rights_of(edits: list[Edit]) -> list[str]:
    return sorted({TABLES[edit.table].right for edit in edits})


def told(edits: list[Edit]) -> list[tuple[str, str, str, str]]:
    """Row, column, from and to, in words."""
    words = {name: TABLES[name].words() for name in {edit.table for edit in edits}}
    return [
        (
            edit.name,
            TABLES[edit.table].columns[edit.column],
            words[edit.table](edit.column, edit.before),
            words[edit.table](edit.column, edit.after),
        )
        for edit in edits
    ]


def page_of(row: BulkChange) -> str:
    return reverse("admin:shop_bulkchange_change", args=[row.pk])


def count_words(rows: int) -> str:
    return f"{rows} row{'' if rows == 1 else 's'}"
