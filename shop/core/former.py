"""Former states of rows, which django-simple-history keeps, beside those that saving a row writes."""

from collections.abc import Iterable
from typing import Any

REASON = "as it was before"


def keep_present(model: Any, keys: Iterable[Any]) -> None:
    """The rows as they are now, where nothing of them was kept yet: what comes next then tells what it was before.

    Rows that many were made of at once have no former states. One query, three where some have none.
    """
    wanted = set(keys)
    known = set(model.history.filter(id__in=wanted).values_list("id", flat=True).distinct())
    if missing := wanted - known:
        rows = model._default_manager.filter(pk__in=missing)
        model.history.bulk_history_create(list(rows), update=False, default_change_reason=REASON)
