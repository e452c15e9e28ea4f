"""What keeps the lists of long tables quick: nothing counts them to the end or reads them whole."""

from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

# Who wants to see more rows than these narrows the list by a filter or a search.
MOST_COUNTED = 5000
# A filter offers what occurs in so many rows at the top of the list, and so many choices of it.
ROWS_LOOKED_AT, MOST_CHOICES = 1000, 50


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than MOST_COUNTED rows; there the pages end."""

    template_name = "adminpanel/pagination.html"

    @property
    def has_more(self) -> bool:
        """Whether there are rows beyond those counted."""
        return self._counted > MOST_COUNTED

    @cached_property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        # To count, neither an order nor anything but the keys is needed.
        if isinstance(rows, QuerySet):
            return int(rows.order_by().values("pk")[: MOST_COUNTED + 1].count())
        return len(rows)


def newest(model: Any) -> QuerySet[Any]:
    """The rows that are looked at for choices: those at the top of the table's own order."""
    rows: QuerySet[Any] = model._default_manager.all()
    found: QuerySet[Any] = model._default_manager.filter(pk__in=rows.values("pk")[:ROWS_LOOKED_AT])
    return found.order_by()


class RecentValuesFilter(admin.AllValuesFieldListFilter):
    """Offers the values that the newest rows have; an older one can still be asked for by its address."""

    def __init__(self, field: Any, request: HttpRequest, params: Any, model: Any, *rest: Any, **named: Any) -> None:
        super().__init__(field, request, params, model, *rest, **named)
        values = newest(model).order_by(field.name).values_list(field.name, flat=True)
        self.lookup_choices = values.distinct()[:MOST_CHOICES]


class RecentRowsFilter(admin.RelatedFieldListFilter):
    """Offers the rows that the newest rows point to."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        pointed = newest(model_admin.model).values(self.field_path)
        found = field.remote_field.model._default_manager.filter(pk__in=pointed)
        return [(row.pk, str(row)) for row in found[:MOST_CHOICES]]
