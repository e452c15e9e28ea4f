"""Tables in and out: upload, look at what would change, let it be written, watch it; and the same columns as a file."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from adminpanel.person import signed_in
from adminpanel.site import ReadOnlyAdmin, state_column
from shop.core import clock, uploads
from shop.core.errors import ShopError
from shop.imports import services
from shop.imports.models import DataImport, ImportProblem
from shop.imports.reading import MOST_BYTES
from shop.imports.sheets import csv_lines, xlsx_bytes

STATES = {"refused": "bad", "checked": "warn", "running": "warn", "done": "good"}
# What whoever uploads or writes such a file, and whoever sees one or exports it, must hold.
WRITERS = {
    "variants": ("shop.add_productvariant", "shop.change_productvariant"),
    "stock": ("shop.change_stocklevel",),
    "sources": ("shop.add_supplierproduct", "shop.change_supplierproduct"),
}
VIEWERS = {
    "variants": "shop.view_productvariant",
    "stock": "shop.view_stocklevel",
    "sources": "shop.view_supplierproduct",
}
PROBLEMS = 500
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text=uploads.beside_field("CSV or XLSX", MOST_BYTES),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )

    def clean_file(self) -> Any:
        """Too large is told before anything of it is read."""
        file = self.cleaned_data["file"]
        if file.size > uploads.most_bytes(MOST_BYTES):
            raise forms.ValidationError(
                f"The file is larger than {uploads.in_words(MOST_BYTES)}. Split it.", code="large"
            )
        return file


@admin.register(DataImport)
class DataImportAdmin(ReadOnlyAdmin):
    history_in = (
        "The page of the import tells who uploaded it and how far it is; each row that it wrote names it in its "
        "own history."
    )
    list_display = ["file_name", "kind", state_column("state", STATES), "rows", "written", "created_by", "created_at"]
    list_filter = ["kind", "state", "created_at"]
    list_select_related = ["created_by"]
    list_before_template = "adminpanel/imports/kinds.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DataImport]:
        """Those of the tables that this person may see. The files themselves stay where they are."""
        # Whoever sees no imports at all is refused by the page, which asks for the row first.
        all_of_them = not self.has_view_permission(request)
        seen = [kind for kind, right in VIEWERS.items() if all_of_them or request.user.has_perm(right)]
        return DataImport.objects.filter(kind__in=seen).defer("content")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            *(
                path(f"{kind}/upload/", view(self.upload_view), {"kind": kind}, name=f"shop_import_{kind}")
                for kind in WRITERS
            ),
            *(
                path(f"{kind}/export/", view(self.export_view), {"kind": kind}, name=f"shop_export_{kind}")
                for kind in VIEWERS
            ),
            path("<int:import_id>/problems/", view(self.problems_view), name="shop_import_problems"),
            path("<int:import_id>/write/", view(require_POST(self.write_view)), name="shop_import_write"),
            path("<int:import_id>/cancel/", view(require_POST(self.cancel_view)), name="shop_import_cancel"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, {"exchanges": exchanges(request.user)})
        return response

    def upload_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """A form for the file (GET); the whole check (POST). What is no table is told by the field, status 422."""
        require(request, WRITERS[kind])
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = services.upload(kind=kind, name=file.name, content=file.read(), user=signed_in(request))
            except ShopError as refusal:
                form.add_error("file", str(refusal))
            else:
                return HttpResponseRedirect(reverse("admin:shop_dataimport_change", args=[row.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": f"Import: {DataImport.Kind(kind).label.lower()}",
            "opts": self.opts,
            "form": form,
            "kind": kind,
            "exchange": services.EXCHANGES[kind],
        }
        status = 422 if request.method == "POST" else 200
        return TemplateResponse(request, "adminpanel/imports/upload.html", context, status=status)

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """All rows, as CSV or (?format=xlsx) as a workbook; an import takes the same."""
        require(request, (VIEWERS[kind],))
        rows = services.EXCHANGES[kind].export()
        if request.GET.get("format") == "xlsx":
            return as_file(HttpResponse(xlsx_bytes(rows)), kind, "xlsx")
        return as_file(StreamingHttpResponse(csv_lines(rows)), kind, "csv")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """What the file would do or did, and the buttons for it."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        row = self.existing(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": row.file_name,
            "opts": self.opts,
            "row": row,
            "may_write": request.user.has_perms(WRITERS[row.kind]),
            "problems": list(row.problems.all()[:PROBLEMS]),
            "problem_count": row.problems.count(),
        }
        # While it runs the page loads itself anew: the progress moves without a script.
        headers = {"Refresh": "3"} if row.state == DataImport.State.RUNNING else None
        return TemplateResponse(request, "adminpanel/imports/detail.html", context, headers=headers)

    def problems_view(self, request: HttpRequest, import_id: int) -> HttpResponseBase:
        """Every problem as CSV, for whoever mends the file."""
        row = self.visible(request, import_id)
        found = ImportProblem.objects.filter(parent=row).values_list("row", "column", "message")
        lines = ([str(number), column, message] for number, column, message in found)
        return as_file(StreamingHttpResponse(csv_lines([["row", "column", "problem"], *lines])), "problems", "csv")

    def write_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """Start it, or go on; the first batch is written at once, the job does the others."""
        row = self.visible(request, import_id)
        require(request, WRITERS[row.kind])
        try:
            services.start(import_id=row.pk)
            services.write_batch(import_id=row.pk)
        except ShopError as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:shop_dataimport_change", args=[row.pk]))

    def cancel_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        row = self.visible(request, import_id)
        require(request, WRITERS[row.kind])
        try:
            services.cancel(import_id=row.pk)
        except ShopError as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:shop_dataimport_change", args=[row.pk]))

    def visible(self, request: HttpRequest, import_id: int) -> DataImport:
        """Raises PermissionDenied for whoever sees no imports, Http404 for one of a table they may not see."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row: DataImport = get_object_or_404(self.get_queryset(request), pk=import_id)
        return row


def require(request: HttpRequest, rights: tuple[str, ...]) -> None:
    if not request.user.has_perms(rights):
        raise PermissionDenied


def exchanges(user: Any) -> list[dict[str, Any]]:
    """The tables that this person may export, and whether they may import them."""
    return [
        {"kind": kind, "label": DataImport.Kind(kind).label, "may_write": user.has_perms(WRITERS[kind])}
        for kind, right in VIEWERS.items()
        if user.has_perm(right)
    ]


def as_file(response: HttpResponseBase, name: str, ending: str) -> HttpResponseBase:
    stamp = clock.now().strftime("%Y-%m-%d")
    response.headers["Content-Type"] = TYPES[ending]
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-{stamp}.{ending}"'
    return response
