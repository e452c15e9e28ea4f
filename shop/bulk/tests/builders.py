"""Bulk changes in a line."""

from collections.abc import Iterable
from typing import Any

from shop.accounts.models import User
from shop.bulk import services
from shop.bulk.deeds import Deed, set_price
from shop.bulk.edits import edits_of
from shop.bulk.models import BulkChange
from shop.bulk.tables import TABLES
from shop.catalog.models import ProductVariant
from shop.tests.builders import make_user


def somebody() -> User:
    return User.objects.filter(email="noor@example.org").first() or make_user("noor@example.org", is_staff=True)


def asked(deed: Deed, rows: Iterable[Any], table: str = "variant", **more: Any) -> BulkChange:
    """The deed planned for these rows, as the action of a list does it."""
    found = list(rows)
    for row in found:
        # What the action's own query adds.
        row.on_running_sale = getattr(row, "on_running_sale", False)
        row.has_variants = getattr(row, "has_variants", True)
    edits, refused = edits_of(table, TABLES[table], found, deed)
    return services.plan(title="Prices", edits=edits, refused=refused, user=somebody(), **more)


def planned(variant: ProductVariant) -> BulkChange:
    """A price of 1 that nobody has written yet."""
    return asked(set_price(100), [variant])


def written(deed: Deed, rows: Iterable[Any], table: str = "variant", **more: Any) -> BulkChange:
    return services.write(change_id=asked(deed, rows, table, **more).pk, user=somebody())
