"""Forms of a purchase order's staff pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from unfold.widgets import UnfoldAdminTextInputWidget

from adminpanel.fields import MOST_UNITS, MoneyField
from shop.core.money import shop_currency
from shop.core.numbers import secret_key
from shop.suppliers.costing import Costs
from shop.suppliers.forms import AnswerForm
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine
from shop.suppliers.receiving import Arrived, Delivery
from shop.suppliers.sheets import LARGEST, TOO_LARGE

COUNTS = ("received", "damaged", "missing")


@dataclass(frozen=True)
class Row:
    """A line of the order, with a field for each count."""

    line: PurchaseOrderLine
    due: int
    fields: list[BoundField]


class ReceiveForm(forms.Form):
    """What came of each line that is still to come."""

    key = forms.CharField(max_length=40, widget=forms.HiddenInput)
    delivery_note = forms.CharField(
        label="Number of the delivery note", max_length=60, required=False, widget=UnfoldAdminTextInputWidget
    )
    note = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, lines: Sequence[PurchaseOrderLine], data: Any = None) -> None:
        super().__init__(data, initial={"key": secret_key()})
        self.lines = lines
        for line in lines:
            for name in COUNTS:
                self.fields[f"{name}_{line.pk}"] = forms.IntegerField(
                    label=f"{name.capitalize()} of {line.variant.sku}",
                    min_value=0,
                    max_value=MOST_UNITS,
                    required=False,
                    widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "size": 5}),
                )

    def rows(self) -> Iterator[Row]:
        for line in self.lines:
            due = line.quantity - line.received - line.damaged
            yield Row(line, due, [self[f"{name}_{line.pk}"] for name in COUNTS])

    def arrivals(self) -> list[Arrived]:
        return [
            Arrived(line.pk, *(self.cleaned_data[f"{name}_{line.pk}"] or 0 for name in COUNTS)) for line in self.lines
        ]

    def delivery(self) -> Delivery:
        data = self.cleaned_data
        return Delivery(data["key"], data["delivery_note"], data["note"])

    def refuse(self, problems: dict[int, str]) -> None:
        """Put the reasons beside their lines."""
        for pk, words in problems.items():
            name = f"received_{pk}"
            self.add_error(name if name in self.fields else None, words)

    def about(self) -> list[BoundField]:
        return [self["delivery_note"], self["note"]]


class SaidForm(AnswerForm):
    """What the supplier said of each line that is still to come: units and day."""

    letters = ("q", "d", "n")

    def add_fields(self, line: PurchaseOrderLine) -> None:
        super().add_fields(line)
        looks = {"q": ("Units", {"inputmode": "numeric", "size": 5}), "d": ("Day", {"type": "date"}), "n": ("Note", {})}
        for letter, (name, attrs) in looks.items():
            field = self.fields[f"{letter}{line.pk}"]
            field.label = f"{name} of {line.variant.sku}"
            field.widget = UnfoldAdminTextInputWidget(attrs=attrs)

    @classmethod
    def of(cls, order: PurchaseOrder, data: Any = None) -> "SaidForm":
        """For the lines of which something is due; for an order that nobody has answered, all."""
        lines = order.lines.select_related("variant")
        return cls(order, list(lines if order.state == PurchaseOrder.State.SENT else lines.outstanding()), data)


class CostsForm(forms.Form):
    """What comes on top of the goods, in the order's currency."""

    exchange_rate = forms.DecimalField(
        max_digits=14, decimal_places=6, min_value=0, widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    )

    def __init__(self, order: PurchaseOrder, data: Any = None) -> None:
        names = ("freight", "duty", "exchange_rate")
        super().__init__(data, initial={name: getattr(order, name) for name in names})
        self.fields["freight"] = MoneyField(currency=order.currency, help_text=f"In {order.currency}")
        self.fields["duty"] = MoneyField(currency=order.currency, help_text=f"In {order.currency}")
        self.fields["exchange_rate"].help_text = f"One {order.currency} in {shop_currency()}"
        self.order_fields(["freight", "duty", "exchange_rate"])

    def clean_exchange_rate(self) -> Any:
        rate = self.cleaned_data["exchange_rate"]
        if not rate:
            raise forms.ValidationError("The rate must be above 0.")
        return rate

    def costs(self) -> Costs:
        return Costs(**self.cleaned_data)


class ReasonForm(forms.Form):
    """Why an order is called off or closed."""

    reason = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget)


class SheetForm(forms.Form):
    sheet = forms.FileField(label="The supplier's answer as CSV")

    def clean_sheet(self) -> Any:
        """The file, refused by its size before anything reads it."""
        file = self.cleaned_data["sheet"]
        if file.size > LARGEST:
            raise forms.ValidationError(TOO_LARGE)
        return file
