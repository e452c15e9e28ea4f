"""Addresses of the staff site that stand before Django's own of the same paths."""

from django.urls import path

from adminpanel import door

urlpatterns = [
    path("login/", door.login),
    path("logout/", door.logout),
    path("password_change/", door.password_change),
]
