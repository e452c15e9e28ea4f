"""The form by which staff give money back: units of lines, delivery, and money for no line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.forms import BoundField
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from adminpanel.fields import MoneyField
from shop.orders.models import Order
from shop.payments.models import Refund
from shop.refunds.amounts import Left, LineLeft, LineRefund, NotRefundable

REASONS = [(reason.value, reason.label) for reason in (Refund.Reason.RETURNED, Refund.Reason.GOODWILL)]


@dataclass(frozen=True)
class Row:
    """A line of the order in the form."""

    left: LineLeft
    worth: str
    units: BoundField
    restock: BoundField


class RefundForm(forms.Form):
    """What is left of an order decides what can be typed; nothing is written here."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.ChoiceField(choices=REASONS, widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For the staff; needed where money is given for no line",
    )

    def __init__(self, order: Order, left: Left, data: Any = None) -> None:
        super().__init__(data, initial={"key": uuid4().hex}, prefix="refund")
        self.order, self.left = order, left
        for line in left.lines.values():
            self.fields[f"units_{line.line.pk}"] = forms.IntegerField(
                label=f"Pieces of {line.line.sku}",
                min_value=0,
                max_value=line.units,
                required=False,
                widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric", "size": 4}),
            )
            self.fields[f"restock_{line.line.pk}"] = forms.BooleanField(
                label=f"{line.line.sku} back to stock", required=False, initial=True
            )
        self.fields["delivery"] = self._amount("Delivery", left.delivery)
        self.fields["extra"] = self._amount("For no line", left.total)

    def rows(self) -> Iterator[Row]:
        for line in self.left.lines.values():
            worth = str(self.order.money(line.amount(line.units)))
            yield Row(line, worth, self[f"units_{line.line.pk}"], self[f"restock_{line.line.pk}"])

    def was_sent(self) -> bool:
        """Whether this very form has made its refunds already: a double click, or Back and once more."""
        key = self.data.get(self.add_prefix("key"), "")
        # Text that the database cannot hold was never a key.
        known = key and "\0" not in key
        return bool(known) and Refund.objects.filter(attempt__order=self.order, request_key=key[:64]).exists()

    def amounts(self) -> list[BoundField]:
        """The fields below the lines."""
        return [self[name] for name in ("delivery", "extra", "reason", "note")]

    def clean_delivery(self) -> int:
        return self._within("delivery", self.left.delivery)

    def clean_extra(self) -> int:
        return self._within("extra", self.left.total)

    def clean(self) -> dict[str, Any]:
        """Beside the fields what belongs to one, above the form what belongs to all of them."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("extra") and not cleaned.get("note"):
            self.add_error("note", "Say why money is given that is for no line.")
        if not self.errors:
            self._check_total()
        return cleaned

    def lines(self) -> list[LineRefund]:
        """The chosen units, of lines that have any."""
        chosen = [(pk, self.cleaned_data[f"units_{pk}"], self.cleaned_data[f"restock_{pk}"]) for pk in self.left.lines]
        return [LineRefund(pk, units, restock) for pk, units, restock in chosen if units]

    def asked(self) -> dict[str, Any]:
        """What request_refund() takes."""
        data = self.cleaned_data
        return {
            "lines": self.lines(),
            "delivery": data["delivery"],
            "extra": data["extra"],
            "reason": Refund.Reason(data["reason"]),
            "note": data["note"],
            "key": data["key"],
        }

    def total(self) -> int:
        """What all of it comes to, in minor units. Raises NotRefundable."""
        pieces = self.left.pieces(self.lines(), self.cleaned_data["delivery"], self.cleaned_data["extra"])
        return sum(piece.amount for piece in pieces)

    def chosen(self) -> list[tuple[str, str]]:
        """What goes back, in words with its amount."""
        money = self.order.money
        words, data = [], self.cleaned_data
        waits = self.order.fulfilment_state == Order.FulfilmentState.UNFULFILLED
        for wanted in self.lines():
            left = self.left.lines[wanted.order_line_id]
            piece = f"{wanted.quantity} × {left.line.product_name}, {left.line.colour_name}, {left.line.size_name}"
            stock = "back to stock" if wanted.restock else "written off" if waits else "not back to stock"
            words.append((f"{piece} ({stock})", str(money(left.amount(wanted.quantity)))))
        words += [("Delivery", str(money(data["delivery"])))] if data["delivery"] else []
        return words + ([(f"For no line: {data['note']}", str(money(data["extra"])))] if data["extra"] else [])

    def _amount(self, label: str, most: int) -> MoneyField:
        return MoneyField(
            label=label, currency=self.order.currency, required=False, help_text=f"Up to {self.order.money(most)}"
        )

    def _within(self, name: str, most: int) -> int:
        amount: int = self.cleaned_data[name] or 0
        if amount > most:
            raise forms.ValidationError(f"Only {self.order.money(most)} is left.")
        return amount

    def _check_total(self) -> None:
        try:
            total = self.total()
        except NotRefundable as refusal:
            return self.add_error(None, str(refusal))
        if not total:
            self.add_error(None, "Choose pieces, delivery or an amount to refund.")
        elif total > self.left.total:
            left, asked = self.order.money(self.left.total), self.order.money(total)
            self.add_error(None, f"{asked} is more than the {left} that is left of this order's money.")
        return None


class WhyForm(forms.Form):
    """Why an order in review is accepted or given up, for its history."""

    prefix = "refund"
    why = forms.CharField(max_length=120, required=False)

    def first_error(self) -> str:
        return f"Nothing was done: {self.errors['why'][0]}"
