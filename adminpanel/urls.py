"""Addresses of the staff site beside those of its tables, or before Django's own of the same paths."""

from django.contrib import admin
from django.urls import path

from adminpanel import door, saved_filters
from adminpanel.costs_admin import costs
from adminpanel.finding import find

urlpatterns = [
    path("login/", door.login),
    path("logout/", door.logout),
    path("password_change/", door.password_change),
    path("costs/", admin.site.admin_view(costs), name="staff-costs"),
    path("find/", admin.site.admin_view(find), name="staff-find"),
    path("filters/save/", admin.site.admin_view(saved_filters.save), name="staff-filter-save"),
    path("filters/change/", admin.site.admin_view(saved_filters.change), name="staff-filter-change"),
]
