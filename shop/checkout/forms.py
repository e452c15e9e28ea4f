"""The checkout form, in the shape of the chosen country. Names are never refused, only asked to fit."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from shop.checkout.addresses import AddressShape
from shop.delivery.services import Offer
from shop.orders.models import Order
from shop.orders.services import Recipient
from shop.payments.services import last_provider
from shop.payments.ways import Way

TOO_LONG = "Shorten this to %(limit_value)d characters; it has %(show_value)d."
EMAIL = "Enter your email in full, like sam@example.com."


class LineField(forms.CharField):
    """One line of text: runs of white space become one space, so that nothing breaks a label or a mail."""

    def __init__(self, *, autocomplete: str, missing: str = "", **options: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": autocomplete, **options.pop("attrs", {})})
        errors = {"max_length": TOO_LONG, "null_characters_not_allowed": "Type this again: it has a broken character."}
        super().__init__(
            widget=widget, required=bool(missing), error_messages={**errors, "required": missing}, **options
        )

    def to_python(self, value: Any) -> str:
        return " ".join(str(value or "").split())


class CheckoutForm(forms.Form):
    """Who, where and how. Field names are those of the page; recipient() gives them the order's names."""

    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="For your receipt and delivery news. No account needed.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={"required": EMAIL, "invalid": EMAIL, "max_length": TOO_LONG},
    )
    news = forms.BooleanField(label="Send me one letter a month about new pieces", required=False)
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
    method = forms.ChoiceField(
        label="Delivery method",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose how it should come to you.",
            "invalid_choice": "This way of delivery is not offered there. Choose another.",
        },
    )

    payment = forms.ChoiceField(
        label="Payment method",
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "This way to pay is not offered. Choose another."},
    )

    def __init__(
        self,
        *args: Any,
        shape: AddressShape,
        countries: Sequence[tuple[str, str]],
        offered: Sequence[Offer],
        ways: Sequence[Way],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.auto_id, self.label_suffix, self.shape = "%s", "", shape
        choose(self.fields["country"], countries)
        choose(self.fields["method"], [(offer.code, offer.name) for offer in offered])
        choose(self.fields["payment"], [(way.name, way.label) for way in ways])
        self.ways = ways
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

    def clean_payment(self) -> str:
        """The chosen way to pay; the usual one where there was nothing to choose."""
        return str(self.cleaned_data["payment"]) or self.ways[0].name

    def clean_postcode(self) -> str:
        typed: str = self.cleaned_data["postcode"]
        if not typed:
            return ""
        written = self.shape.postcode(typed)
        if written is None:
            examples = self.shape.postcode_examples
            raise ValidationError(f"Check it: it should look like {examples[0]}." if examples else "Check it, please.")
        return written

    def recipient(self) -> Recipient:
        """What a valid form says about the recipient."""
        data = self.cleaned_data
        return Recipient(
            email=data["email"],
            full_name=data["name"],
            country=data["country"],
            address=data["address"],
            address_extra=data["address2"],
            city=data.get("city", ""),
            region=data.get("region", ""),
            postcode=data.get("postcode", ""),
            phone=data["phone"],
            marketing_consent=data["news"],
        )


def choose(field: forms.Field, choices: Sequence[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


def initial_from(order: Order) -> dict[str, Any]:
    """A form filled in as an earlier order was."""
    return {
        "email": order.email,
        "name": order.full_name,
        "address": order.address,
        "address2": order.address_extra,
        "city": order.city,
        "region": order.region,
        "postcode": order.postcode,
        "phone": order.phone,
        "news": order.marketing_consent,
        "method": order.shipping_method,
        "payment": last_provider(order.pk),
    }
