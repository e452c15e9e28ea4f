"""An address in a form, in the shape of the chosen country. Names are never refused, only asked to fit."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from shop.core.addresses import AddressShape

TOO_LONG = "Shorten this to %(limit_value)d characters; it has %(show_value)d."
BROKEN = "Type this again: it has a broken character."


class LineField(forms.CharField):
    """One line of text: runs of white space become one space, so that nothing breaks a label or a mail."""

    def __init__(self, *, autocomplete: str, missing: str = "", **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": autocomplete, **options.pop("attrs", {})})
        errors = {"max_length": TOO_LONG, "null_characters_not_allowed": BROKEN}
        super().__init__(
            widget=widget, required=bool(missing), error_messages={**errors, "required": missing}, **options
        )

    def to_python(self, value: Any) -> str:
        return " ".join(str(value or "").split())


class AddressFields(forms.Form):
    """Who and where. The names of the fields are those of the page; written() has those of the tables."""

    country = forms.ChoiceField(
        label="Country",
        widget=forms.Select(attrs={"autocomplete": "country"}),
        error_messages={
            "required": "Choose a country.",
            "invalid_choice": "We do not deliver there. Choose a country from the list.",
        },
    )
    name = LineField(label="Full name", autocomplete="name", missing="Enter your full name.", max_length=150)
    address = LineField(
        label="Address", autocomplete="address-line1", missing="Enter a street and number.", max_length=200
    )
    address2 = LineField(label="Flat, floor or company", autocomplete="address-line2", max_length=200)
    city = LineField(label="City", autocomplete="address-level2", missing="Enter a town or city.", max_length=100)
    region = LineField(label="Region", autocomplete="address-level1", max_length=100)
    postcode = LineField(
        label="Postcode",
        autocomplete="postal-code",
        missing="Enter a postcode.",
        max_length=20,
        attrs={"autocapitalize": "characters", "spellcheck": "false"},
    )
    phone = LineField(
        label="Phone",
        autocomplete="tel",
        max_length=40,
        help_text="Only so the courier can reach you on the day.",
        attrs={"type": "tel", "inputmode": "tel"},
    )

    def __init__(self, *args: Any, shape: AddressShape, countries: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.auto_id, self.label_suffix, self.shape = "%s", "", shape
        choose(self.fields["country"], countries)
        for name in ("city", "region", "postcode"):
            self.shape_field(name)

    def shape_field(self, name: str) -> None:
        """Name a part of the address as the country does, ask for it where it must be there, drop it where unknown."""
        if name not in self.shape.fields:
            del self.fields[name]
            return
        field, label = self.fields[name], self.shape.labels[name]
        field.label, field.required = label, name in self.shape.required
        if name == "region" and self.shape.regions:
            choices = [("", "Choose"), *((region, region) for region in self.shape.regions)]
            field = forms.ChoiceField(label=label, choices=choices, required=field.required)
            field.widget.attrs["autocomplete"] = "address-level1"
            field.error_messages["invalid_choice"] = f"Choose a {label.lower()} from the list."
            self.fields[name] = field
        if name == "region":
            field.error_messages["required"] = f"Choose or enter a {label.lower()}."

    def clean_postcode(self) -> str:
        typed: str = self.cleaned_data["postcode"]
        if not typed:
            return ""
        written = self.shape.postcode(typed)
        if written is None:
            examples = self.shape.postcode_examples
            raise ValidationError(f"Check it: it should look like {examples[0]}." if examples else "Check it, please.")
        return written

    def written(self) -> dict[str, str]:
        """What a valid form says, by the names that orders and saved addresses have for it."""
        data = self.cleaned_data
        return {
            "full_name": data["name"],
            "country": data["country"],
            "address": data["address"],
            "address_extra": data["address2"],
            "city": data.get("city", ""),
            "region": data.get("region", ""),
            "postcode": data.get("postcode", ""),
            "phone": data["phone"],
        }


def choose(field: forms.Field, choices: Sequence[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


def typed_from(row: Any) -> dict[str, str]:
    """A form filled in as an order or a saved address says."""
    return {
        "name": row.full_name,
        "country": row.country,
        "address": row.address,
        "address2": row.address_extra,
        "city": row.city,
        "region": row.region,
        "postcode": row.postcode,
        "phone": row.phone,
    }
