"""What can be typed into the grid: one small form a cell, all of them one table."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from adminpanel.fields import MOST_UNITS, MoneyField
from adminpanel.grid.saving import FIELDS, Wanted
from shop.bulk.edits import Value
from shop.catalog.models import Colour, Product, ProductVariant, Size
from shop.warehouse.models import StockLevel, StockLocation

# Six fields a cell: the request stays under Django's limit of fields.
MOST_CELLS = 140
sku_letters = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._/-]*$", "Use letters, digits and - . _ / only.")


class CellForm(forms.Form):
    """One variant, or a place where one could be. A new cell without anything typed is no variant."""

    price = MoneyField(required=False, allow_zero=False, label="Price", widget=forms.TextInput)
    was = MoneyField(required=False, label="Was", widget=forms.TextInput)
    stock = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_UNITS, label="Stock", widget=forms.TextInput(attrs={"size": 4})
    )
    sku = forms.CharField(required=False, max_length=40, label="SKU", validators=[sku_letters])
    active = forms.BooleanField(required=False, label="Active", initial=True)
    # What was on the page, as JSON by column: what somebody changed meanwhile is not overwritten.
    seen = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, colour: Colour, size: Size, variant: ProductVariant | None, may_stock: bool, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.colour, self.size, self.variant = colour, size, variant
        self.fields["stock"].disabled = not may_stock
        for name in ("price", "was", "stock"):
            self.fields[name].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        """What the fields cannot know alone. An existing variant cannot be emptied, only switched off."""
        cleaned = super().clean() or {}
        price, was = cleaned.get("price"), cleaned.get("was")
        if price is None and "price" not in self.errors and (self.variant or self.anything_typed(cleaned)):
            say = "Write a price. To stop selling it, untick Active." if self.variant else "Write a price as well."
            self.add_error("price", ValidationError(say, code="required"))
        if price is not None and was is not None and was <= price:
            self.add_error("was", ValidationError("Must be above the price.", code="was"))
        return cleaned

    def clean_seen(self) -> dict[str, Value]:
        """Whatever is no such JSON was not sent by our page: then nothing was seen."""
        try:
            told = json.loads(self.cleaned_data["seen"] or "{}")
        except ValueError:
            return {}
        fits = isinstance(told, dict)
        return {key: told[key] for key in FIELDS if key in told and _is_plain(told[key])} if fits else {}

    def see_again(self, field: str) -> None:
        """Show that field as it is now: whoever saves again has seen it."""
        data: Any = self.data
        now = json.loads(self.initial["seen"])
        columns = [column for column, name in FIELDS.items() if name == field and column in now]
        seen = self.cleaned_data["seen"] | {column: now[column] for column in columns}
        data[self.add_prefix("seen")] = json.dumps(seen)

    def anything_typed(self, cleaned: Mapping[str, Any]) -> bool:
        return bool(cleaned.get("was") or cleaned.get("stock") or cleaned.get("sku"))

    def wanted(self) -> Wanted | None:
        """What the valid cell asks for; None where there is and shall be no variant."""
        data = self.cleaned_data
        if data["price"] is None:
            return None
        return Wanted(
            key=str(self.prefix),
            colour=self.colour,
            size=self.size,
            variant_id=self.variant.pk if self.variant else None,
            price=data["price"],
            was=data["was"],
            stock=None if self.fields["stock"].disabled else data["stock"],
            sku=data["sku"],
            active=data["active"],
            seen=data["seen"],
        )


@dataclass
class Grid:
    """The table: a row a size, a column a colour."""

    colours: list[Colour]
    sizes: list[Size]
    rows: list[tuple[Size, list[CellForm]]]

    @property
    def cells(self) -> Iterable[CellForm]:
        return (cell for _, row in self.rows for cell in row)

    def is_valid(self) -> bool:
        """Checks every cell, so that all errors are shown at once."""
        return not [cell for cell in self.cells if not cell.is_valid()]

    @property
    def error_count(self) -> int:
        return sum(len(messages) for cell in self.cells for messages in cell.errors.values())


@dataclass(frozen=True)
class Place:
    """Whose stock a grid shows, and whether it may be typed."""

    location: StockLocation | None
    may_stock: bool


def make_grid(product: Product, colours: list[Colour], sizes: list[Size], place: Place, data: Any = None) -> Grid:
    """The grid of these colours and sizes; `data` is what was posted. Two queries."""
    variants = {(v.colour_id, v.size_id): v for v in product.variants.all()}
    location = place.location
    levels = {
        level.variant_id: level for level in StockLevel.objects.filter(variant__product=product, location=location)
    }

    def cell(colour: Colour, size: Size) -> CellForm:
        variant = variants.get((colour.pk, size.pk))
        return CellForm(
            data,
            prefix=f"c{colour.pk}s{size.pk}",
            colour=colour,
            size=size,
            variant=variant,
            may_stock=place.may_stock and location is not None,
            initial=initial(variant, levels.get(variant.pk) if variant else None),
        )

    return Grid(colours, sizes, [(size, [cell(colour, size) for colour in colours]) for size in sizes])


def initial(variant: ProductVariant | None, level: StockLevel | None) -> dict[str, Any]:
    """What a cell shows before anybody typed."""
    if variant is None:
        return {"active": True, "seen": json.dumps({"on_hand": 0})}
    on_hand = level.on_hand if level else 0
    seen = {column: getattr(variant, column) for column in FIELDS if column != "on_hand"}
    return {
        "price": variant.price,
        "was": variant.compare_at_price,
        "stock": on_hand,
        "seen": json.dumps(seen | {"on_hand": on_hand}),
        "sku": variant.sku,
        "active": variant.is_active,
    }


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (str, bool)) or (isinstance(value, int) and abs(value) < 10**18)
