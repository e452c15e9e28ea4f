"""Creating an account from an order that was placed without one: all that is missing is a password."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from shop.accounts import guarded
from shop.accounts.emails import clean_email
from shop.accounts.forms import NewPasswordForm
from shop.accounts.pending import PendingSignUp
from shop.accounts.views.gate import gate, show
from shop.accounts.views.signing_up import remember
from shop.adapters.accounts import AccountsError
from shop.core.http import see_other
from shop.orders.access import load_order
from shop.orders.models import Order


@gate
def from_order(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """For whoever has the order's key; its e-mail still has to be confirmed, and only then the order joins.

    The answer is the same for an e-mail that has an account, as with every sign-up.
    """
    order = load_order(number, key)
    if order.user_id or request.user.is_authenticated:
        return see_other(order.get_absolute_url())
    form = NewPasswordForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return show(request, "from_order", form, order=order)
    try:
        email = clean_email(order.email)
        guarded.sign_up(request, email=email, password=form.cleaned_data["password"], full_name=order.full_name)
    except ValidationError as error:
        form.add_error(None, error)
        return show(request, "from_order", form, order=order)
    except AccountsError as error:
        form.refuse(error)
        return show(request, "from_order", form, order=order)
    remember(request, PendingSignUp(email, after=after(order)))
    return see_other(reverse("account-confirm"))


def after(order: Order) -> str:
    """Where to go once signed in: the order in the account."""
    return reverse("account-orders-detail", args=[order.number])
