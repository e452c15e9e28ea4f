"""The forms around signing in. Passwords are taken as typed: nothing is stripped, cut or rewritten."""

from typing import Any

from django import forms

from shop.accounts.emails import EmailField
from shop.adapters.accounts import (
    AccountsError,
    AccountsUnavailable,
    CodeRefused,
    NotConfirmed,
    PasswordRefused,
    TooManyTries,
    WrongCredentials,
)

# Long enough for any sentence; a limit at all, so that nobody has us hash a book.
MAX_PASSWORD = 256
TOO_LONG = f"Use at most {MAX_PASSWORD} characters."
BROKEN = "Type this again: it has a broken character."
WORDS: dict[type[AccountsError], str] = {
    WrongCredentials: "Email or password is not right. Check both, or choose a new password.",
    NotConfirmed: "Confirm your email first: open the link in our mail.",
    CodeRefused: "This code is not right, or was used already. Type the newest one.",
    TooManyTries: "Too many tries. Wait a few minutes, then try again.",
}
UNREACHABLE = "Sign-in is not working at the moment, so nothing was changed. Please try again in a few minutes."
STATUS: dict[type[AccountsError], int] = {TooManyTries: 429, AccountsUnavailable: 503}


class PasswordField(forms.CharField):
    """A password, under the name and with the autocomplete token by which password managers know it."""

    def __init__(self, *, label: str, new: bool = False, help_text: str = "") -> None:
        super().__init__(
            label=label,
            max_length=MAX_PASSWORD,
            strip=False,
            help_text=help_text,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"}),
            error_messages={
                "required": "Choose a password." if new else "Enter your password.",
                "max_length": TOO_LONG,
                "null_characters_not_allowed": BROKEN,
            },
        )


class CodeField(forms.CharField):
    """A code out of a mail or an app; figures may be typed with spaces."""

    def __init__(self, *, label: str, help_text: str = "", numeric: bool = True) -> None:
        keys = {"inputmode": "numeric"} if numeric else {"autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(
            label=label,
            max_length=40,
            help_text=help_text,
            widget=forms.TextInput(attrs={"autocomplete": "one-time-code", **keys}),
            error_messages={
                "required": "Enter the code.",
                "max_length": WORDS[CodeRefused],
                "null_characters_not_allowed": BROKEN,
            },
        )

    def clean(self, value: Any) -> str:
        return "".join(str(super().clean(value)).split())


class GateForm(forms.Form):
    """A form that may be refused by the accounts port; `status` is that of the page that then shows it."""

    status = 200

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.auto_id, self.label_suffix = "%s", ""

    def refuse(self, error: AccountsError) -> None:
        """Put the reason where it belongs; an answer that is none is said to be that (503)."""
        kind = next((known for known in (*WORDS, PasswordRefused) if isinstance(error, known)), AccountsUnavailable)
        self.status = STATUS.get(kind, 200)
        if isinstance(error, PasswordRefused):
            self.add_error(self.new_password_name(), error.reasons)
        elif kind is CodeRefused and "code" in self.fields:
            self.add_error("code", WORDS[kind])
        else:
            self.add_error(None, WORDS.get(kind, UNREACHABLE))

    def new_password_name(self) -> str | None:
        """The field that a new password is typed into."""
        tokens = {name: field.widget.attrs.get("autocomplete") for name, field in self.fields.items()}
        return next((name for name, token in tokens.items() if token == "new-password"), None)  # noqa: S105


NEW_PASSWORD_HELP = "10 characters or more. A short sentence works well."  # noqa: S105 - words on the screen


class SignUpForm(GateForm):
    full_name = forms.CharField(
        label="Full name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": "Enter your full name.",
            "max_length": "Shorten this to 150 characters.",
            "null_characters_not_allowed": BROKEN,
        },
    )
    email = EmailField()
    password = PasswordField(label="Password", new=True, help_text=NEW_PASSWORD_HELP)
    news = forms.BooleanField(label="Send me one letter a month about new pieces", required=False)

    def clean_full_name(self) -> str:
        return " ".join(self.cleaned_data["full_name"].split())


class SignInForm(GateForm):
    email = EmailField()
    password = PasswordField(label="Password")
    stay = forms.BooleanField(label="Keep me signed in on this device", required=False)


class EmailForm(GateForm):
    email = EmailField()


class LinkForm(GateForm):
    """Only a button: the code came in a link."""


class ConfirmForm(GateForm):
    """The code came in a link; the password tells whose sign-up it is."""

    password = PasswordField(label="Password", help_text="The one you chose when you signed up.")

    def refuse(self, error: AccountsError) -> None:
        if isinstance(error, WrongCredentials):
            self.add_error("password", "This is not the password of the newest sign-up. Choose a new one by mail.")
        else:
            super().refuse(error)


class TypedConfirmForm(ConfirmForm):
    """With the code that was mailed."""

    field_order = ["email", "code", "password"]
    email = EmailField()
    code = CodeField(label="Code from our mail", help_text="Six figures.")


class NewEmailForm(GateForm):
    email = EmailField(label="New email", autocomplete="email")


class NewEmailCodeForm(GateForm):
    """The code that was mailed to the new address."""

    code = CodeField(label="Code from our mail", help_text="Six figures.")


class SecondStepForm(GateForm):
    code = CodeField(label="Code", numeric=False)


class AppCodeForm(GateForm):
    """The code that a new app shows."""

    code = CodeField(label="Code from the app")


class NewPasswordForm(GateForm):
    password = PasswordField(label="New password", new=True, help_text=NEW_PASSWORD_HELP)


class ResetForm(NewPasswordForm):
    """With the code that was mailed."""

    field_order = ["email", "code", "password"]
    email = EmailField()
    code = CodeField(label="Code from our mail", help_text="Six figures.")


class ChangePasswordForm(GateForm):
    old = PasswordField(label="Present password")
    password = PasswordField(label="New password", new=True, help_text=NEW_PASSWORD_HELP)

    def refuse(self, error: AccountsError) -> None:
        if isinstance(error, WrongCredentials):
            self.add_error("old", "This is not your present password.")
        else:
            super().refuse(error)


class ProveForm(GateForm):
    """Who is signed in proves it again."""

    password = PasswordField(label="Password")
    code = CodeField(label="Code from your app", numeric=False)

    def __init__(self, *args: Any, asks_for_code: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not asks_for_code:
            del self.fields["code"]

    def refuse(self, error: AccountsError) -> None:
        if isinstance(error, WrongCredentials):
            self.add_error("password", "This is not your password.")
        else:
            super().refuse(error)
