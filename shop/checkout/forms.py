"""The checkout form: an address, and how it should come and be paid."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from shop.core.address_fields import TOO_LONG, AddressFields, choose, typed_from
from shop.core.addresses import AddressShape
from shop.core.money import Money
from shop.delivery.services import Offer
from shop.orders.models import Order
from shop.orders.services import Recipient
from shop.payments.services import last_provider
from shop.payments.ways import Way, too_little

UNKNOWN_WAY = "This way to pay is not offered. Choose another."
EMAIL = "Enter your email in full, like sam@example.com."
FIRST = ["email", "news", "country"]


class CheckoutForm(AddressFields):
    """Who, where and how. Field names are those of the page; recipient() gives them the order's names."""

    email = forms.EmailField(
        label="Email",
        max_length=254,
        help_text="For your receipt and delivery news.",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={"required": EMAIL, "invalid": EMAIL, "max_length": TOO_LONG},
    )
    news = forms.BooleanField(label="Send me one letter a month about new pieces", required=False)
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
        error_messages={"invalid_choice": UNKNOWN_WAY},
    )

    def __init__(
        self,
        *args: Any,
        shape: AddressShape,
        countries: Sequence[tuple[str, str]],
        offered: Sequence[Offer],
        ways: Sequence[Way],
        total: Money,
        **options: Any,
    ) -> None:
        super().__init__(*args, shape=shape, countries=countries, **options)
        choose(self.fields["method"], [(offer.code, offer.name) for offer in offered])
        choose(self.fields["payment"], [(way.name, way.label) for way in ways])
        self.ways, self.total = ways, total
        # A way that was chosen before something made it cost nothing is not read.
        self.fields["payment"].disabled = not total
        # A way that exists and takes no such amount is told so, not called unknown.
        self.fields["payment"].error_messages["invalid_choice"] = too_little(total) or UNKNOWN_WAY
        # Mistakes are listed in the order of the page.
        self.order_fields(FIRST)

    def clean_payment(self) -> str:
        """The chosen way to pay; the usual one where nothing was chosen, and none where nothing is to be paid."""
        if self.total and not self.ways:
            raise ValidationError(too_little(self.total))
        return str(self.cleaned_data["payment"]) or (self.ways[0].name if self.ways else "")

    def way(self) -> str:
        """The way to be shown as chosen: the buyer's if it is offered, otherwise the usual one; empty without any."""
        names = [way.name for way in self.ways]
        typed = str(self["payment"].value() or "")
        return typed if typed in names else next(iter(names), "")

    def recipient(self) -> Recipient:
        """What a valid form says about the recipient."""
        data = self.cleaned_data
        return Recipient(email=data["email"], marketing_consent=data["news"], **self.written())


def initial_from(order: Order) -> dict[str, Any]:
    """A form filled in as an earlier order was."""
    return {
        **typed_from(order),
        "email": order.email,
        "news": order.marketing_consent,
        "method": order.shipping_method,
        "payment": last_provider(order.pk),
    }
