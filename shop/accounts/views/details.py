"""Name, e-mail, and what one agreed to be written about."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from shop.accounts import details as service
from shop.accounts.access import signed_in_page
from shop.accounts.customer_forms import DetailsForm
from shop.accounts.customer_models import Consent
from shop.accounts.views.owner import owner
from shop.core.http import see_other


@signed_in_page
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    user = owner(request)
    if request.method == "POST":
        form = DetailsForm(request.POST)
        if form.is_valid():
            service.change(user, full_name=form.cleaned_data["name"], news=form.cleaned_data["news"])
            messages.success(request, "Saved.")
            return see_other(reverse("account-details"))
    else:
        standing = Consent.objects.standing(user.email, Consent.Purpose.NEWS)
        form = DetailsForm(initial={"name": user.full_name, "news": standing})
    history = list(Consent.objects.of(user.email)[:20])
    # The name in the heading is the saved one, whatever was typed.
    return render(request, "shop/accounts/details.html", {"form": form, "history": history})
