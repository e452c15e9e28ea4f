"""The card form of the payment page."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone


class CardForm(forms.Form):
    """Keeps what was typed when it is refused: nothing typed here is a real card."""

    use_required_attribute = False

    card_number = forms.CharField(
        label="Card number",
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-number"}),
        error_messages={"required": "Enter the card number."},
    )
    expiry = forms.CharField(
        label="Expiry",
        initial="12/34",
        help_text="Month and year, such as 12/34",
        max_length=9,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-exp"}),
        error_messages={"required": "Enter the month and year."},
    )
    cvc = forms.CharField(
        label="CVC",
        initial="123",
        help_text="Three or four digits",
        max_length=6,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "cc-csc"}),
        error_messages={"required": "Enter the security code."},
    )

    def clean_card_number(self) -> str:
        number = re.sub(r"[\s-]", "", self.cleaned_data["card_number"])
        if not re.fullmatch(r"[0-9]{12,19}", number) or not luhn(number):
            raise ValidationError("This card number is not valid. Take one of the test cards below.")
        return number

    def clean_expiry(self) -> str:
        match = re.fullmatch(r"([0-9]{1,2})\s*/?\s*(?:20)?([0-9]{2})", self.cleaned_data["expiry"].strip())
        if not match or not 1 <= int(match[1]) <= 12:
            raise ValidationError("Write the month and year as 12/34.")
        today = timezone.now()
        if (2000 + int(match[2]), int(match[1])) < (today.year, today.month):
            raise ValidationError("The card has expired.")
        return f"{match[1]}/{match[2]}"

    def clean_cvc(self) -> str:
        code: str = self.cleaned_data["cvc"].strip()
        if not re.fullmatch(r"[0-9]{3,4}", code):
            raise ValidationError("The security code has three or four digits.")
        return code


def luhn(number: str) -> bool:
    """Whether the last digit checks the others."""
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
