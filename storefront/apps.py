"""The project package, installed as an app for its commands (run, worker)."""

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "storefront"
