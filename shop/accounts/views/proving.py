"""Asking for the password again before something that cannot be taken back."""

from django.http import HttpRequest, HttpResponse

from shop.accounts import proving, sessions
from shop.accounts.access import safe_next, sign_in_address, signed_in_page
from shop.accounts.forms import ProveForm
from shop.accounts.views.gate import gate, show
from shop.accounts.views.signing_in import HOME
from shop.adapters.accounts import AccountsError, SignInLapsed, accounts
from shop.core.http import see_other


@signed_in_page
@gate
def prove(request: HttpRequest) -> HttpResponse:
    """Password, and code where two-step sign-in is on; then on to the page that wanted it."""
    after = safe_next(request)
    try:
        asks_for_code = accounts().has_totp(holder=sessions.holder(request))
        form = ProveForm(request.POST or None, asks_for_code=asks_for_code)
    except SignInLapsed:
        return lapsed(request, after)
    except AccountsError as error:
        form = ProveForm(request.POST or None, asks_for_code=False)
        form.full_clean()
        form.refuse(error)
        return show(request, "prove", form, after=after)
    if request.method != "POST" or not form.is_valid():
        return show(request, "prove", form, after=after)
    return proved(request, form, after)


def proved(request: HttpRequest, form: ProveForm, after: str) -> HttpResponse:
    """Signed out by a wrong password nobody is: the limits of signing in hold here too."""
    try:
        proving.prove(request, password=form.cleaned_data["password"], code=form.cleaned_data.get("code", ""))
    except SignInLapsed:
        return lapsed(request, after)
    except AccountsError as error:
        form.refuse(error)
    else:
        return see_other(after or HOME)
    return show(request, "prove", form, after=after)


def lapsed(request: HttpRequest, after: str) -> HttpResponse:
    """The account has changed under this session: sign in anew."""
    sessions.end(request)
    return see_other(sign_in_address(after))
