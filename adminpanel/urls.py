"""Addresses of the staff site beside those of its tables, or before Django's own of the same paths."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.module_loading import import_string

from adminpanel import door


def staff_view(name: str) -> Callable[..., HttpResponse]:
    """The view of that dotted name, for staff; imported when it is asked for, as the tables are."""

    def view(request: HttpRequest, **parts: Any) -> HttpResponse:
        admin.autodiscover()
        answer: HttpResponse = admin.site.admin_view(import_string(name))(request, **parts)
        return answer

    return view


urlpatterns = [
    path("login/", door.login),
    path("logout/", door.logout),
    path("password_change/", door.password_change),
    path("costs/", staff_view("adminpanel.costs_admin.costs"), name="staff-costs"),
    path("find/", staff_view("adminpanel.finding.find"), name="staff-find"),
    path("filters/save/", staff_view("adminpanel.saved_filters.save"), name="staff-filter-save"),
    path("filters/change/", staff_view("adminpanel.saved_filters.change"), name="staff-filter-change"),
]
