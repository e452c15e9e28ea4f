"""What a supplier fills in, line by line. Fields are named by the line's row: q12, d12, n12; proposals pq12 ..."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from babel.numbers import get_currency_precision
from django import forms
from django.forms import BoundField
from django.utils import timezone

from shop.core.money import Money
from shop.suppliers.answering import LineAnswer, Proposed
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine

LONGEST = 300


@dataclass(frozen=True)
class Row:
    """A line of the order with its fields in a form."""

    line: PurchaseOrderLine
    fields: list[BoundField]
    fewer: int = 0


class LinesForm(forms.Form):
    """Several fields for each line of an order."""

    letters: tuple[str, ...] = ()

    def __init__(self, order: PurchaseOrder, lines: Sequence[PurchaseOrderLine], data: Any = None) -> None:
        self.order, self.lines = order, lines
        super().__init__(data)
        for line in lines:
            self.add_fields(line)

    def add_fields(self, line: PurchaseOrderLine) -> None:
        raise NotImplementedError

    def rows(self) -> Iterator[Row]:
        for line in self.lines:
            wanted = [self[f"{letter}{line.pk}"] for letter in self.letters]
            said = self.cleaned_data.get(f"q{line.pk}") if self.is_bound and not self.errors else None
            yield Row(line, wanted, line.quantity - said if isinstance(said, int) else 0)

    def ready(self) -> int:
        """How many lines could be sent as they stand."""
        fields = self.fields.items()
        standing = self.data if self.is_bound else {n: self.get_initial_for_field(f, n) for n, f in fields}
        judged = type(self)(self.order, self.lines, standing)
        return sum(not any(f"{letter}{line.pk}" in judged.errors for letter in self.letters) for line in self.lines)

    def typed(self) -> dict[str, str]:
        """What stands in the fields, to be shown again another day."""
        return {name: str(self.data.get(name, ""))[:LONGEST].replace("\0", "") for name in self.fields}

    def refuse(self, problems: dict[int, str]) -> None:
        """Put the reasons for lines beside their first field."""
        known = {line.pk for line in self.lines}
        for pk, words in problems.items():
            self.add_error(f"{self.letters[0]}{pk}" if pk in known else None, words)


class AnswerForm(LinesForm):
    """How much of each line comes, and when."""

    letters = ("q", "d", "n")

    def add_fields(self, line: PurchaseOrderLine) -> None:
        saved = self.order.saved_answer
        known = line.quantity if line.confirmed_quantity is None else line.confirmed_quantity
        day = line.confirmed_on or default_day(self.order)
        at_most = {"max_value": f"{line.quantity} at most: that many were ordered."}
        self.fields[f"q{line.pk}"] = forms.IntegerField(
            label="You can send",
            min_value=0,
            max_value=line.quantity,
            initial=saved.get(f"q{line.pk}", known),
            error_messages={**at_most, "required": "Say how many, 0 if none.", "invalid": "Write a whole number."},
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )
        self.fields[f"d{line.pk}"] = forms.DateField(
            label="Arrives with us on",
            error_messages={"required": "Say when they arrive with us."},
            initial=saved.get(f"d{line.pk}", day.isoformat()),
            widget=forms.DateInput(attrs={"type": "date"}),
        )
        self.fields[f"n{line.pk}"] = forms.CharField(
            label="Note", required=False, max_length=LONGEST, initial=saved.get(f"n{line.pk}", line.supplier_note)
        )

    def clean(self) -> dict[str, Any]:
        """What does not come has no day."""
        data = super().clean() or self.cleaned_data
        for line in self.lines:
            if data.get(f"q{line.pk}") == 0:
                self.errors.pop(f"d{line.pk}", None)
                data.setdefault(f"d{line.pk}", None)
        return data

    def answers(self) -> list[LineAnswer]:
        data = self.cleaned_data
        return [
            LineAnswer(pk, data[f"q{pk}"], data[f"d{pk}"], data[f"n{pk}"]) for pk in (line.pk for line in self.lines)
        ]


class ProposalForm(LinesForm):
    """Another quantity, price or day, for lines where something was typed."""

    letters = ("pq", "pc", "pd", "pn")

    def add_fields(self, line: PurchaseOrderLine) -> None:
        decimals = get_currency_precision(self.order.currency)
        self.fields[f"pq{line.pk}"] = forms.IntegerField(
            label="Units", required=False, min_value=0, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
        )
        self.fields[f"pc{line.pk}"] = forms.DecimalField(
            label=f"Price each, {self.order.currency}",
            required=False,
            min_value=0,
            max_digits=10,
            decimal_places=decimals,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        )
        self.fields[f"pd{line.pk}"] = forms.DateField(
            label="Arrives with us on", required=False, widget=forms.DateInput(attrs={"type": "date"})
        )
        self.fields[f"pn{line.pk}"] = forms.CharField(label="Why", required=False, max_length=LONGEST)

    def proposals(self) -> list[Proposed]:
        """What is not filled in stays as it is in the order."""
        return [self._proposed(line) for line in self.lines if self._wants(line.pk)]

    def _wants(self, pk: int) -> bool:
        return any(self.cleaned_data[f"{letter}{pk}"] not in (None, "") for letter in self.letters)

    def _proposed(self, line: PurchaseOrderLine) -> Proposed:
        units, cost, day, why = (self.cleaned_data[f"{letter}{line.pk}"] for letter in self.letters)
        known = line.quantity if line.confirmed_quantity is None else line.confirmed_quantity
        price = line.unit_cost if cost is None else Money.from_decimal(cost, self.order.currency).amount
        return Proposed(line.pk, known if units is None else units, price, day or line.confirmed_on, why)


def default_day(order: PurchaseOrder) -> date:
    """When the goods are here if the supplier takes as long as usual."""
    begun = timezone.localdate(order.sent_at) if order.sent_at else timezone.localdate()
    return max(begun + timedelta(days=order.supplier.lead_time_days), timezone.localdate())
