"""Turning off somebody's two-step sign-in, who has lost the phone and the recovery codes."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from shop.accounts import second_step
from shop.accounts.forms import UNREACHABLE
from shop.accounts.models import User
from shop.accounts.proving import proved_page
from shop.adapters.accounts import AccountsError, SignInLapsed
from shop.core.http import see_other


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=120, label="Why, and how you know that it is them")


class SecondStepOff:
    """Mixed into the people's ModelAdmin. Asks for the right to change people, and for one's own password again."""

    actions_detail = ["second_step_off"]
    get_object: Callable[..., Any]
    has_change_permission: Callable[..., bool]
    log_change: Callable[..., Any]

    def has_second_step_off_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("shop.change_user"))

    @action(
        description="Turn off two-step sign-in",
        url_path="second-step-off",
        permissions=["second_step_off"],
        icon="phonelink_erase",
    )
    def second_step_off(self, request: HttpRequest, object_id: str) -> Any:
        """First what follows and the reason, then the deed. One's own is turned off where everybody's is."""
        person = self.get_object(request, unquote(object_id))
        if person is None:
            raise Http404
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if person.pk == request.user.pk:
            messages.info(request, "You turn off your own here.")
            return see_other(reverse("account-security"))
        return proved_page(self.turning_off)(request, person)

    def turning_off(self, request: HttpRequest, person: User) -> HttpResponse:
        """By somebody who proved again who they are."""
        form, page = ReasonForm(request.POST or None), reverse("admin:shop_user_change", args=[person.pk])
        sent = request.method == "POST"
        try:
            if sent and form.is_valid() and second_step.turn_off_for(person):
                self.log_change(request, person, f"Turned off two-step sign-in: {form.cleaned_data['reason']}")
                messages.success(request, f"Two-step sign-in of {person.email} is off, and they were told by mail.")
                return see_other(page)
            if second_step.is_on_for(person):
                return confirm(request, person, form)
            messages.info(request, f"{person.email} signs in without a second step already.")
        except SignInLapsed:
            messages.error(request, "Nothing was changed: this account is disabled, or nobody keeps a password for it.")
        except AccountsError:
            messages.error(request, UNREACHABLE)
        return see_other(page)


def confirm(request: HttpRequest, person: User, form: ReasonForm) -> HttpResponse:
    """The last question, with what was wrong with the answer."""
    title = f"Turn off two-step sign-in of {person.email}?"
    context = {**admin.site.each_context(request), "title": title, "person": person, "form": form}
    return TemplateResponse(
        request, "adminpanel/people/second_step_off.html", context, status=422 if form.errors else 200
    )
