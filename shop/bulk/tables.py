"""The tables that can be changed many rows at once: variants, products and stock levels, each by its own services."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from simple_history.utils import bulk_update_with_history

from shop.bulk.edits import Table, Value
from shop.catalog import listings
from shop.catalog.models import Category, Product, ProductVariant
from shop.core import clock
from shop.core.former import keep_present
from shop.core.money import format_exactly, shop_currency
from shop.imports.plans import Author
from shop.imports.variants import tell
from shop.warehouse import levels
from shop.warehouse.levels import Cause, Change
from shop.warehouse.models import StockLevel, StockMovement

BATCH = 500
MONEY = ("price", "compare_at_price")


class Variants:
    columns = {"price": "Price", "compare_at_price": "Was", "sku": "SKU", "is_active": "Active"}
    right = "shop.change_productvariant"

    def name(self, row: ProductVariant) -> str:
        return row.sku

    def lock(self, keys: Sequence[int]) -> dict[int, ProductVariant]:
        # Rows that only name a variant do not wait: whoever writes one may hold a level that is wanted here next.
        rows = ProductVariant.objects.filter(pk__in=keys).order_by("pk")
        found = rows.select_for_update(of=("self",), no_key=True)
        return {variant.pk: variant for variant in found}

    def value(self, row: ProductVariant, column: str) -> Value:
        value: Value = getattr(row, column)
        return value

    def refusal(self, row: ProductVariant, values: Mapping[str, Value]) -> tuple[str, str] | None:
        price, was = values.get("price", row.price), values.get("compare_at_price", row.compare_at_price)
        if isinstance(price, int) and isinstance(was, int) and was <= price:
            amount = self.words()("price", was)
            return "price", f"It is reduced from {amount}: the price must stay below that, or come off sale."
        if "sku" in values and ProductVariant.objects.filter(sku=values["sku"]).exclude(pk=row.pk).exists():
            return "sku", f"Another variant has the SKU {values['sku']}."
        return None

    def write(self, rows: Sequence[tuple[ProductVariant, Mapping[str, Value]]], author: Author) -> None:
        save(ProductVariant, rows, author)
        tell({row.product_id for row, _ in rows})

    def words(self) -> Callable[[str, Value], str]:
        currency = shop_currency()
        return lambda column, value: (
            format_exactly(value, currency) if column in MONEY and isinstance(value, int) else plainly(value)
        )


class Products:
    columns = {"published_at": "In the shop", "category_id": "Category"}
    right = "shop.change_product"

    def name(self, row: Product) -> str:
        return row.name

    def lock(self, keys: Sequence[int]) -> dict[int, Product]:
        found = Product.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
        return {product.pk: product for product in found}

    def value(self, row: Product, column: str) -> Value:
        value: Any = getattr(row, column)
        return value.isoformat() if isinstance(value, datetime) else value

    def refusal(self, row: Product, values: Mapping[str, Value]) -> tuple[str, str] | None:
        wanted: Any = values.get("category_id", row.category_id)
        if wanted != row.category_id and not Category.objects.filter(pk=wanted).exists():
            return "category_id", "That category is gone."
        return None

    def write(self, rows: Sequence[tuple[Product, Mapping[str, Value]]], author: Author) -> None:
        save(Product, [(row, _with_moment(values)) for row, values in rows], author)
        tell({row.pk for row, _ in rows}, "edited")

    def words(self) -> Callable[[str, Value], str]:
        names: dict[Any, str] = dict(Category.objects.values_list("pk", "name"))

        def say(column: str, value: Value) -> str:
            if column == "category_id":
                return names.get(value, "(gone)")
            moment = timezone.localtime(datetime.fromisoformat(value)) if isinstance(value, str) else None
            return f"from {date_format(moment, 'j M Y, H:i')}" if moment else "no"

        return say


class Levels:
    columns = {"on_hand": "On hand", "reorder_point": "Order more at"}
    right = "shop.change_stocklevel"

    def name(self, row: StockLevel) -> str:
        return f"{row.variant.sku}, {row.location}"

    def lock(self, keys: Sequence[int]) -> dict[int, StockLevel]:
        """With every other level of their variants, as the ledger wants it."""
        variants = StockLevel.objects.filter(pk__in=keys).values_list("variant_id", flat=True)
        return {level.pk: level for level in levels.lock(variants)}

    def value(self, row: StockLevel, column: str) -> Value:
        value: Value = getattr(row, column)
        return value

    def refusal(self, row: StockLevel, values: Mapping[str, Value]) -> tuple[str, str] | None:
        wanted = values.get("on_hand", row.on_hand)
        if isinstance(wanted, int) and wanted < row.reserved:
            return "on_hand", f"Orders hold {row.reserved} of these, so there cannot be only {wanted}."
        return None

    def write(self, rows: Sequence[tuple[StockLevel, Mapping[str, Value]]], author: Author) -> None:
        """Units through the ledger as an adjustment; when more is ordered is the row's own setting."""
        changes = [
            Change(row.pk, on_hand=wanted - row.on_hand)
            for row, values in rows
            if isinstance(wanted := values.get("on_hand"), int)
        ]
        settings = [(row, values["reorder_point"]) for row, values in rows if "reorder_point" in values]
        for row, point in settings:
            row.reorder_point = point
        keep_present(StockLevel, [row.pk for row, _ in settings])
        bulk_update_with_history(
            [row for row, _ in settings],
            StockLevel,
            ["reorder_point"],
            batch_size=BATCH,
            **author.in_history,
        )
        if changes:
            locked = levels.lock({row.variant_id for row, _ in rows})
            cause = Cause(StockMovement.Kind.ADJUSTMENT, author.document, author.reason[:200], author.user)
            levels.apply(locked, changes, cause)
            listings.refresh({level.variant.product_id for level in locked})

    def words(self) -> Callable[[str, Value], str]:
        return lambda column, value: "never" if column == "reorder_point" and value is None else plainly(value)


# In the order in which they are locked.
TABLES: dict[str, Table] = {"variant": Variants(), "level": Levels(), "product": Products()}


def save(model: type[Model], rows: Sequence[tuple[Any, Mapping[str, Any]]], author: Author) -> None:
    """Write the values, each row with a line in its history."""
    for row, values in rows:
        for column, value in values.items():
            setattr(row, column, value)
        row.updated_at = clock.now()
    bulk_update_with_history(
        [row for row, _ in rows],
        model,
        sorted({column for _, values in rows for column in values} | {"updated_at"}),
        batch_size=BATCH,
        **author.in_history,
    )


def plainly(value: Value) -> str:
    """A value as a table of changes says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)


def _with_moment(values: Mapping[str, Value]) -> dict[str, Any]:
    moment = values.get("published_at")
    return {**values, "published_at": datetime.fromisoformat(moment)} if isinstance(moment, str) else {**values}
