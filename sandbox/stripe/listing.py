"""Lists in pages, as the API gives them."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from sandbox.stripe.errors import invalid
from sandbox.stripe.params import Schema, text, whole

PAGING: Schema = {"limit": whole, "starting_after": text}
# Enough for a sandbox; beyond it a list simply ends.
MOST = 2000

Row = TypeVar("Row", bound=Model)


def page(rows: QuerySet[Row], params: dict[str, Any]) -> tuple[list[Row], bool]:
    """The page asked for, and whether there is more. Raises ApiError for a limit outside 1..100."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100.", "limit")
    found = list(rows[:MOST])
    if "starting_after" in params:
        positions = [index for index, row in enumerate(found) if row.pk == params["starting_after"]]
        if not positions:
            raise invalid(f"No such object: {params['starting_after']}", "starting_after")
        found = found[positions[0] + 1 :]
    return found[:limit], len(found) > limit
