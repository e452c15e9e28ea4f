"""What staff fill in about a return: why it is declined, what was in the parcel, what is paid for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from shop.returns.forms import ReturnForm
from shop.returns.models import ReturnLine
from shop.returns.receiving import Grade

NUMBER = {"inputmode": "numeric", "size": 4}


class DeclineForm(forms.Form):
    words = forms.CharField(
        max_length=300,
        label="Why, for the customer to read",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )


@dataclass(frozen=True)
class Row:
    """A line of the return in a form."""

    line: ReturnLine
    fields: tuple[BoundField, ...]


class LinesForm(forms.Form):
    """Numbers per line of a return."""

    def __init__(self, lines: Sequence[ReturnLine], data: Any = None) -> None:
        super().__init__(data)
        self.lines = lines
        for line in lines:
            self.add_line(line)

    def add_line(self, line: ReturnLine) -> None:
        raise NotImplementedError

    def number(self, line: ReturnLine, label: str, most: int, initial: int) -> forms.IntegerField:
        return forms.IntegerField(
            label=f"{label}, {line.order_line.sku}",
            min_value=0,
            max_value=most,
            required=False,
            initial=initial,
            widget=UnfoldAdminTextInputWidget(attrs=NUMBER),
        )

    def rows(self) -> Iterator[Row]:
        for line in self.lines:
            names = [name for name in self.fields if name.endswith(f"_{line.pk}")]
            if names:
                yield Row(line, tuple(self[name] for name in names))

    def first_error(self) -> str:
        name, words = next(iter(self.errors.items()))
        return f"Nothing was done. {self.fields[name].label}: {words[0]}"


class GradeForm(LinesForm):
    """What was found of each line: fit, damaged; the rest is missing."""

    def add_line(self, line: ReturnLine) -> None:
        self.fields[f"fit_{line.pk}"] = self.number(line, "Fit for sale", line.quantity, line.quantity)
        self.fields[f"damaged_{line.pk}"] = self.number(line, "Damaged", line.quantity, 0)

    def grades(self) -> dict[int, Grade]:
        data = self.cleaned_data
        return {line.pk: Grade(data[f"fit_{line.pk}"] or 0, data[f"damaged_{line.pk}"] or 0) for line in self.lines}


class StaffReturnForm(ReturnForm):
    """What a customer says who does not ask on the shop's page."""

    note = forms.CharField(
        max_length=500,
        required=False,
        label="In the customer's words",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Each control says of which piece it is: the table has no labels that can be seen.
        for line in self.lines:
            for name in ("units", "reason", "wish"):
                field = self.fields[f"{name}_{line.pk}"]
                field.label = f"{field.label}, {line.sku}"


class SettleForm(LinesForm):
    """Which damaged pieces are paid for all the same, and what the customer is told."""

    words = forms.CharField(
        max_length=300,
        required=False,
        label="For the customer to read",
        help_text="Needed where damaged pieces are not paid for",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )

    def add_line(self, line: ReturnLine) -> None:
        if line.to_decide:
            self.fields[f"pay_{line.pk}"] = self.number(line, "Pay for damaged", line.to_decide, 0)

    def damaged(self) -> dict[int, int]:
        return {line.pk: self.cleaned_data[f"pay_{line.pk}"] or 0 for line in self.lines if line.to_decide}
