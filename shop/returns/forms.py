"""What customers fill in to send something back. What may be typed is decided by what is left of the order."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.forms import BoundField

from shop.orders.models import Order, OrderLine
from shop.returns.exchanging import sizes_for
from shop.returns.models import Return, ReturnLine
from shop.returns.services import Ask, Piece
from shop.returns.units import left_to_return

Reason = ReturnLine.Reason
# One that nobody chooses: it says itself.
REASONS = [("", "Choose a reason"), *(pair for pair in Reason.choices if pair[0] != Reason.UNDELIVERED)]
MONEY = "refund"


@dataclass(frozen=True)
class Row:
    """A line of the order in the form."""

    line: OrderLine
    units: BoundField
    reason: BoundField | None
    wish: BoundField | None


class PiecesForm(forms.Form):
    """Units of an order's lines, with the key that makes a double click one return."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(data, initial={"key": uuid4().hex})
        self.order, self.left = order, left_to_return(order)
        lines = order.lines.select_related("variant").order_by("pk")
        self.lines = [line for line in lines if line.pk in self.left]
        for line in self.lines:
            self.add_line(line)

    def add_line(self, line: OrderLine) -> None:
        self.fields[f"units_{line.pk}"] = forms.TypedChoiceField(
            label="How many",
            coerce=int,
            choices=[(number, "None" if not number else str(number)) for number in range(self.left[line.pk] + 1)],
            initial=self.first_units(line),
        )

    def first_units(self, line: OrderLine) -> int:
        return 0

    def rows(self) -> list[Row]:
        return [
            Row(line, self[f"units_{line.pk}"], self.bound(f"reason_{line.pk}"), self.bound(f"wish_{line.pk}"))
            for line in self.lines
        ]

    def bound(self, name: str) -> BoundField | None:
        return self[name] if name in self.fields else None

    def chosen(self) -> list[tuple[OrderLine, int]]:
        """The lines of which something shall come back, with how much."""
        found = [(line, self.cleaned_data.get(f"units_{line.pk}") or 0) for line in self.lines]
        return [(line, units) for line, units in found if units]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.chosen():
            self.add_error(None, "Choose what you would like to send back.")
        return cleaned


class ReturnForm(PiecesForm):
    """Pieces, why, and what for."""

    note = forms.CharField(
        max_length=500, required=False, label="Anything we should know", widget=forms.Textarea(attrs={"rows": 3})
    )

    def add_line(self, line: OrderLine) -> None:
        super().add_line(line)
        self.fields[f"reason_{line.pk}"] = forms.ChoiceField(label="Why", choices=REASONS, required=False)
        sizes = [(str(size.pk), f"Size {size.size.name} instead") for size in sizes_for(line, Reason.FAULTY)]
        self.fields[f"wish_{line.pk}"] = forms.ChoiceField(
            label="What would you like", choices=[(MONEY, "A refund"), *sizes], initial=MONEY, required=False
        )

    def first_units(self, line: OrderLine) -> int:
        """One line of one piece: there is nothing to choose."""
        return 1 if len(self.left) == 1 and self.left[line.pk] == 1 else 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for line, _ in self.chosen():
            self.check_line(line, cleaned)
        return cleaned

    def check_line(self, line: OrderLine, cleaned: dict[str, Any]) -> None:
        reason, wish = cleaned.get(f"reason_{line.pk}"), cleaned.get(f"wish_{line.pk}", MONEY)
        if not reason and f"reason_{line.pk}" not in self.errors:
            self.add_error(f"reason_{line.pk}", "Choose a reason.")
        elif wish == str(line.variant_id) and reason != Reason.FAULTY:
            self.add_error(f"wish_{line.pk}", "The same size is sent again only for a faulty piece.")

    def asked(self) -> Ask:
        return Ask([self.piece(line, units) for line, units in self.chosen()], **self.rest())

    def piece(self, line: OrderLine, units: int) -> Piece:
        wish = self.cleaned_data[f"wish_{line.pk}"] or MONEY
        variant = None if wish == MONEY else int(wish)
        return Piece(line.pk, units, Reason(self.cleaned_data[f"reason_{line.pk}"]), variant)

    def rest(self) -> dict[str, Any]:
        return {"note": self.cleaned_data["note"], "key": self.cleaned_data["key"]}


class WithdrawalForm(PiecesForm):
    """The statement by which somebody withdraws: who, from what, and where its receipt goes. No reason is asked.

    Directive 2011/83/EU, article 11a(2).
    """

    name = forms.CharField(max_length=150, label="Your name")

    def __init__(self, order: Order, data: Any = None) -> None:
        super().__init__(order, data)
        self.initial["name"] = order.full_name

    def first_units(self, line: OrderLine) -> int:
        return self.left[line.pk]

    def asked(self) -> Ask:
        pieces = [Piece(line.pk, units, Reason.CHANGED_MIND) for line, units in self.chosen()]
        note = f"Declared by {self.cleaned_data['name']}"
        return Ask(pieces, kind=Return.Kind.WITHDRAWAL, note=note, key=self.cleaned_data["key"])
