"""What becomes of pieces that are not in the parcel: asked for each line before it is closed."""

from typing import Any

from django import forms

from shop.packing.finishing import Lack
from shop.packing.models import PackingLine, PackingTask
from shop.packing.scanning import name_of

Problem, Remedy = PackingLine.Problem, PackingLine.Remedy


class LackForm(forms.Form):
    """Both questions about one line; what is not answered is told beside it."""

    problem = forms.ChoiceField(
        label="What is wrong?",
        choices=Problem.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it is missing or damaged."},
    )
    remedy = forms.ChoiceField(
        label="What becomes of it?",
        choices=Remedy.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it is sent later or refunded."},
    )

    def __init__(self, line: PackingLine, data: Any = None) -> None:
        super().__init__(data, prefix=f"line-{line.pk}")
        self.line = line
        self.units = line.quantity - line.packed
        self.name = name_of(line)

    def lack(self) -> Lack:
        """The answers of a valid form."""
        return Lack(Problem(self.cleaned_data["problem"]), Remedy(self.cleaned_data["remedy"]))


def lack_forms(task: PackingTask, data: Any = None) -> list[LackForm]:
    """One for every line of which not all is in the parcel."""
    lines = task.lines.select_related("order_line").order_by("pk")
    return [LackForm(line, data) for line in lines if line.packed < line.quantity]
