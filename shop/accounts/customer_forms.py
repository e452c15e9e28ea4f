"""The forms of an account's pages."""

from typing import Any

from django import forms

from shop.accounts.consents import NEWS_WORDS
from shop.accounts.customer_models import Address
from shop.core.address_fields import AddressFields, LineField, typed_from


class AddressForm(AddressFields):
    """An address, what it is called, and what it is used for first."""

    field_order = ["label"]
    label = LineField(
        label="What you call it", autocomplete="off", max_length=40, help_text="Home or Work, for example."
    )
    default_delivery = forms.BooleanField(label="Deliver here first", required=False)
    default_billing = forms.BooleanField(label="Bills go here first", required=False)

    def fields_to_keep(self) -> dict[str, str]:
        """What a valid form says, by the names of Address."""
        return {"label": self.cleaned_data["label"], **self.written()}


def typed_of(address: Address) -> dict[str, Any]:
    """The form of a saved address."""
    uses = {"default_delivery": address.default_delivery, "default_billing": address.default_billing}
    return {"label": address.label, **typed_from(address), **uses}


class DetailsForm(forms.Form):
    name = LineField(label="Full name", autocomplete="name", missing="Enter your full name.", max_length=150)
    news = forms.BooleanField(label=NEWS_WORDS, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.auto_id, self.label_suffix = "%s", ""
