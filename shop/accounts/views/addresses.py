"""Saved addresses: the list, one form for a new and a changed one, and taking one off."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from shop.accounts import addresses as service
from shop.accounts.access import signed_in_page
from shop.accounts.customer_forms import AddressForm, typed_of
from shop.accounts.customer_models import Address
from shop.accounts.views.owner import owner
from shop.catalog import snapshot
from shop.core.addresses import country_choices, shape_of
from shop.core.http import see_other
from shop.delivery import services as delivery
from shop.orders.labels import address_lines


@signed_in_page
@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    rows = [(address, address_lines(address)) for address in Address.objects.filter(user=owner(request))]
    return render(request, "shop/accounts/addresses.html", {"rows": rows})


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """The form of a new address."""
    return edit(request, None, {"name": owner(request).full_name})


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, address_id: int) -> HttpResponse:
    """The form of a saved one; 404 for somebody else's."""
    address = load(request, address_id)
    return edit(request, address, typed_of(address))


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, address_id: int) -> HttpResponse:
    """GET asks once more, POST takes it off."""
    address = load(request, address_id)
    if request.method != "POST":
        context = {"address": address, "lines": address_lines(address)}
        return render(request, "shop/accounts/address_remove.html", context)
    service.remove(address)
    messages.success(request, "The address is removed.")
    return see_other(reverse("account-addresses"))


def load(request: HttpRequest, address_id: int) -> Address:
    """An address of whoever is signed in; 404 for every other."""
    return get_object_or_404(Address, pk=address_id, user=owner(request))


def edit(request: HttpRequest, address: Address | None, initial: dict[str, Any]) -> HttpResponse:
    """Show the form, redraw it for another country (`update`), or save what was posted."""
    countries = countries_of(request, address)
    wanted = request.POST.get("country") or initial.get("country", "")
    known = [code for code, _ in countries]
    country = wanted if wanted in known else next(iter(known), settings.SHOP_COUNTRY)
    shape = shape_of(country)
    if request.method != "POST" or "update" in request.POST:
        shown = AddressForm(
            initial={**initial, **request.POST.dict(), "country": country}, shape=shape, countries=countries
        )
        return show(request, address, shown)
    form = AddressForm(request.POST, shape=shape, countries=countries)
    if form.is_valid() and saved(request, form, address):
        return see_other(reverse("account-addresses"))
    return show(request, address, form)


def saved(request: HttpRequest, form: AddressForm, address: Address | None) -> bool:
    """Save a valid form; False, with the reason in the form, where the account takes no more."""
    uses = {"delivery": form.cleaned_data["default_delivery"], "bills": form.cleaned_data["default_billing"]}
    try:
        service.save(user=owner(request), fields=form.fields_to_keep(), address=address, **uses)
    except service.TooManyAddresses as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, "The address is saved.")
    return True


def countries_of(request: HttpRequest, address: Address | None) -> list[tuple[str, str]]:
    """Where we deliver, and where a saved address is although we do not deliver there any more."""
    codes = {*delivery.shown_countries(snapshot.of(request)), *([address.country] if address else [])}
    return country_choices(codes, settings.SHOP_COUNTRY)


def show(request: HttpRequest, address: Address | None, form: AddressForm) -> HttpResponse:
    return render(request, "shop/accounts/address.html", {"form": form, "address": address})
