"""What is taken for an e-mail address, and in what form: written once, for every form that asks for one."""

import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

MAX_LENGTH = 254
IN_FULL = "Enter your email in full, like sam@example.com."


def clean_email(typed: str) -> str:
    """The address in lower case, its domain as the name system writes it. Raises ValidationError with words.

    Letters that only look like others are refused, since two addresses that read the same must be the same: nothing
    that NFKC would rewrite, and nothing but ASCII before the @.
    """
    text = typed.strip()
    local, _, domain = text.rpartition("@")
    if unicodedata.normalize("NFKC", text) != text or not local.isascii():
        raise ValidationError("Use plain letters from a to z in your email: this one has a look-alike.", "look_alike")
    email = f"{local}@{_domain(domain)}".lower()
    if len(email) > MAX_LENGTH:
        raise ValidationError(IN_FULL, "max_length")
    validate_email(email)
    return email


def _domain(domain: str) -> str:
    """A domain with letters beyond ASCII as its xn-- name, which no other domain can be mistaken for."""
    if domain.isascii():
        return domain
    try:
        name = domain.lower().encode("idna")
        faithful = name.decode("idna") == domain.lower()
    except UnicodeError:
        faithful = False
    # Some letters vanish on the way, such as a space of no width.
    if not faithful:
        raise ValidationError(IN_FULL, "invalid")
    return name.decode()


class EmailField(forms.CharField):
    """A field for one's own e-mail, in the form that accounts keep it."""

    def __init__(self, *, label: str = "Email", autocomplete: str = "username", help_text: str = "") -> None:
        attrs = {"autocomplete": autocomplete, "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
        super().__init__(
            label=label,
            max_length=320,
            help_text=help_text,
            widget=forms.EmailInput(attrs=attrs),
            error_messages={"required": IN_FULL, "max_length": IN_FULL},
        )

    def clean(self, value: object) -> str:
        try:
            return clean_email(super().clean(value))
        except ValidationError as error:
            # Several at once have no code of their own.
            known = getattr(error, "code", "") in ("look_alike", "required", "max_length")
            raise error if known else ValidationError(IN_FULL, "invalid") from None
