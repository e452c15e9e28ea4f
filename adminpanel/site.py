"""What every ModelAdmin of the staff site has in common."""

from typing import Any, NoReturn

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import QuerySet
from django.forms import Field
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from adminpanel.fields import MoneyField, RowSelect, RowsSelect
from adminpanel.history import MOST, changes_of, has_former, typed_values
from adminpanel.list_search import found, is_indexed
from adminpanel.long_lists import MOST_COUNTED, BoundedPaginator
from adminpanel.saved_filters import of_list
from shop.catalog.renditions import media_url, smallest
from shop.core.former import keep_present


class StaffAdmin(ModelAdmin):
    """Lists that do not count everything, and prices typed as decimals."""

    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 200
    compressed_fields = True
    warn_unsaved_form = True
    # Where what happens to a row is told, in words, if no former states of it are kept.
    history_in = ""
    # Fields that hold minor units, above 0.
    money_fields: tuple[str, ...] = ()
    # Whether a row has columns that its buttons write: none of these may be pressed while its form is being saved.
    locks_row = False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; for a form that is saved, as it is once everybody else has finished with it."""
        if self.locks_row and request.method == "POST" and connection.in_atomic_block:
            seen = super().get_object(request, object_id, from_field)
            if seen is not None:
                self.model._default_manager.select_for_update(of=("self",)).get(pk=seen.pk)
        return super().get_object(request, object_id, from_field)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By indexes, where the list's search_fields say of each which it has."""
        if is_indexed(self.search_fields):
            return found(queryset, self.search_fields, search_term), False
        answer: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
        return answer

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Nothing is done to all rows of a list that nobody can have looked at."""
        if request.POST.get("select_across") == "1" and self.get_paginator(request, queryset, 1).has_more:
            words = f"These are more than {MOST_COUNTED:,} rows. Narrow the list by a filter or a search first."
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        if not all(self.is_row(chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            self.message_user(request, "Choose rows of this list.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        response: HttpResponse | None = super().response_action(request, queryset)
        return response

    def is_row(self, chosen: str) -> bool:
        """Whether that can be the key of a row at all; Django's own actions fail where it cannot."""
        key: Any = self.model._meta.pk
        try:
            key.to_python(chosen)
        except ValidationError:
            return False
        return True

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with what people saved of it."""
        saved = {} if IS_POPUP_VAR in request.GET else {"saved": of_list(request, self)}
        response: HttpResponse = super().changelist_view(request, {**saved, **(extra_context or {})})
        return response

    def existing(self, request: HttpRequest, object_id: str) -> Any:
        """The row with that key, as the list's own rows are. Raises Http404."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed what of the row from what to what, and when."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row = self.existing(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "opts": self.opts,
            "row": row,
            "changes": changes_of(self, request, row.pk),
            "told_in": self.history_in,
            "most": MOST,
        }
        return TemplateResponse(request, "adminpanel/history/page.html", context)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What Django's log is told, with the values from and to."""
        message = super().construct_change_message(request, form, formsets, add)
        for part in message:
            if "changed" in part and "name" not in part["changed"]:
                part["changed"]["values"] = typed_values(form)
        return message

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change and has_former(self.model):
            keep_present(self.model, [obj.pk])
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if has_former(formset.model):
            keep_present(formset.model, [one.instance.pk for one in formset.initial_forms if one.has_changed()])
        super().save_formset(request, form, formset, change)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Field | None:
        if db_field.name in self.money_fields:
            return money_form_field(db_field)
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = row_select(db_field, self.admin_site)
        field: Field | None = super().formfield_for_dbfield(db_field, request, **options)
        return field


class KnownRows:
    """A formset whose selects are told the names of the rows that were read with its own."""

    def add_fields(self, form: Any, index: Any) -> None:
        super().add_fields(form, index)  # type: ignore[misc]
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)
            if isinstance(widget, RowSelect) and form.instance._meta.get_field(name).is_cached(form.instance):
                row = getattr(form.instance, name)
                widget.known = {str(row.pk): str(row)} if row else {}


class StaffInline(TabularInline):
    """A table of rows inside another row's page."""

    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related(*self.autocomplete_fields) if self.autocomplete_fields else rows

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Field | None:
        if db_field.name in self.get_autocomplete_fields(request):
            options["widget"] = row_select(db_field, self.admin_site)
        field: Field | None = super().formfield_for_dbfield(db_field, request, **options)
        return field

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """Cells of the table are named by their column: the heading alone is no label of theirs."""
        formset = super().get_formset(request, obj, **options)
        for field in formset.form.base_fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", str(field.label or ""))
        return type(formset.__name__, (KnownRows, formset), {})


def row_select(db_field: Any, admin_site: Any) -> RowSelect | RowsSelect:
    """The widget of a field that names rows which nobody wants to see all in a list."""
    return (RowsSelect if db_field.many_to_many else RowSelect)(db_field, admin_site)


class ReadOnlyAdmin(StaffAdmin):
    """Rows that only the shop itself writes: staff may look, nobody may edit, add or delete."""

    actions: list[str] | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> NoReturn:
        raise PermissionDenied


class ReadOnlyInline(StaffInline):
    """Rows shown inside another row's page, never edited there."""

    max_num = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def money_form_field(db_field: Any) -> MoneyField:
    """The form field of a model field that holds minor units."""
    label = str(db_field.verbose_name).capitalize()
    example = MoneyField().example
    help_text = f"In {settings.SHOP_CURRENCY}, such as {example}" + (
        ", tax included" if db_field.name == "price" else ""
    )
    return MoneyField(required=not db_field.blank, label=label, help_text=help_text, allow_zero=False)


def thumbnail(renditions: dict[str, str] | None, alt: str = "") -> SafeString:
    """The smallest rendition as a list picture; an empty frame where there is none."""
    if not renditions:
        return format_html('<span class="thumb thumb-empty">{}</span>', "")
    return format_html(
        '<img class="thumb" src="{}" alt="{}" width="48" height="60" loading="lazy">',
        media_url(smallest(renditions)),
        alt,
    )


def status(word: str, kind: str = "") -> SafeString:
    """A state as a word with a coloured dot; kind is good, bad, warn or empty. Never colour alone."""
    return format_html('<span class="status {}">{}</span>', kind, word)


def state_column(field: str, kinds: dict[str, str]) -> Any:
    """A list column that shows a choice field as a status word: `kinds` maps a value to the kind of status()."""

    def column(row: Any) -> SafeString:
        return status(getattr(row, f"get_{field}_display")(), kinds.get(getattr(row, field), ""))

    return admin.display(column, description=field.replace("_", " ").capitalize(), ordering=field)
