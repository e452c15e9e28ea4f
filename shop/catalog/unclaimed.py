"""How many units of a variant are there to be sold, as the database counts them."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce


@cache
def unclaimed() -> Combinable:
    """Units on hand, over all active locations, that no order holds, less those that are waited for.

    Made once in a process: Django takes as long to make it as the database to answer.
    """
    # By name, since stock stands above the catalogue.
    levels = apps.get_model("shop", "StockLevel").objects.filter(location__is_active=True)
    waiting = apps.get_model("shop", "BackOrder").objects.filter(state="waiting")
    return _units(levels, F("on_hand") - F("reserved")) - _units(waiting, F("quantity"))


def _units(rows: QuerySet[Any], each: Combinable) -> Coalesce:
    """The sum over those of the rows that are a variant's; 0 where there are none."""
    of_variant = rows.filter(variant=OuterRef("pk")).order_by().values("variant")
    return Coalesce(Subquery(of_variant.annotate(units=Sum(each)).values("units")), 0)
