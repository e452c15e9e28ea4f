"""The page of one stock level: its numbers with their reasons, and what may be done about them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from adminpanel.fields import MOST_UNITS
from shop.core.errors import ShopError
from shop.core.former import keep_present
from shop.suppliers.purchase_models import PurchaseOrderLine
from shop.warehouse import damage
from shop.warehouse import services as warehouse
from shop.warehouse.explain import explain, with_balances
from shop.warehouse.models import StockLevel

MOVEMENTS = 100
NUMBER = {"size": 6, "inputmode": "numeric"}


class CorrectionForm(forms.Form):
    on_hand = forms.IntegerField(
        label="Counted on the shelf", min_value=0, max_value=MOST_UNITS, widget=forms.TextInput(attrs=NUMBER)
    )
    reason = forms.CharField(label="Reason", max_length=200)


class DamageForm(forms.Form):
    deed = forms.ChoiceField(
        label="What happened",
        choices=[
            ("set-aside", "Found damaged: put aside"),
            ("mend", "Damaged ones are fit for sale after all"),
            ("write-off", "Damaged ones are thrown away"),
        ],
    )
    units = forms.IntegerField(
        label="Units", min_value=1, max_value=MOST_UNITS, widget=forms.TextInput(attrs=NUMBER | {"id": "damage-units"})
    )
    reason = forms.CharField(label="Reason", max_length=200, widget=forms.TextInput(attrs={"id": "damage-reason"}))


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """When it counts as low, when more is ordered, where it lies."""

    low_stock_threshold = forms.IntegerField(
        label="Counts as low at", min_value=0, max_value=MOST_UNITS, widget=forms.TextInput(attrs=NUMBER)
    )
    reorder_point = forms.IntegerField(
        label="Order more at (empty: never)",
        required=False,
        min_value=0,
        max_value=MOST_UNITS,
        widget=forms.TextInput(attrs=NUMBER),
    )

    class Meta:
        model = StockLevel
        fields = ["low_stock_threshold", "reorder_point", "bin"]
        labels = {"bin": "Bin"}
        widgets = {"bin": forms.TextInput(attrs={"size": 10})}


DEEDS: dict[str, Callable[..., None]] = {
    "set-aside": damage.set_aside,
    "mend": damage.mend,
    "write-off": damage.write_off,
}


def forms_of(level: StockLevel, data: Any) -> dict[str, Any]:
    """The page's forms by name; the one that was sent has what was typed."""
    sent = (data.get("what") or "correct") if data else ""
    return {
        "correct": CorrectionForm(data if sent == "correct" else None, initial={"on_hand": level.on_hand}),
        "damage": DamageForm(data if sent == "damage" else None),
        # A row of its own: a refused form must not change the numbers that the page shows.
        "settings": SettingsForm(data if sent == "settings" else None, instance=StockLevel.objects.get(pk=level.pk)),
    }


def done(level: StockLevel, sent: dict[str, Any], actor: Any) -> str:
    """Do what the sent form says; the words that it is done, or empty with the refusal in the form."""
    form = next((each for each in sent.values() if each.is_bound), None)
    if form is None or not form.is_valid():
        return ""
    try:
        return _do(level, form, actor)
    except ShopError as refusal:
        form.add_error("on_hand" if isinstance(form, CorrectionForm) else "units", str(refusal))
        return ""


def _do(level: StockLevel, form: Any, actor: Any) -> str:
    """Raises ShopError with nothing changed."""
    told = form.cleaned_data
    if isinstance(form, SettingsForm):
        # Only these columns: what moved meanwhile stays.
        keep_present(StockLevel, [level.pk])
        form.instance.save(update_fields=list(SettingsForm.Meta.fields))
        return f"{level.variant.sku}: noted."
    if isinstance(form, CorrectionForm):
        warehouse.set_on_hand(level=level, on_hand=told["on_hand"], reason=told["reason"], actor=actor)
        return f"{level.variant.sku}: {level.on_hand} on hand."
    DEEDS[told["deed"]](level=level, units=told["units"], reason=told["reason"], actor=actor)
    return f"{level.variant.sku}: {told['units']} noted."


def facts_of(level: StockLevel, request: HttpRequest) -> dict[str, Any]:
    """What the page shows besides its forms."""
    newest = level.movements.select_related("actor")[:MOVEMENTS]
    incoming = PurchaseOrderLine.objects.outstanding().filter(
        variant=level.variant_id, order__location=level.location_id
    )
    return {
        "level": level,
        "available": level.free,
        "explained": explain(level),
        "incoming": list(incoming.select_related("order__supplier").order_by("confirmed_on", "pk")[:20]),
        "sees_suppliers": request.user.has_perm("shop.view_purchaseorder"),
        "movements": with_balances(level, newest),
        "most": MOVEMENTS,
    }
