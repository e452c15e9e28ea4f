"""The shop is one Django app with a package per domain."""

from django.apps import AppConfig
from django.core.checks import register

from shop.core.crash import crash_points, refuse_production
from shop.payments.checks import payment_settings


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(payment_settings)
        register(crash_points)
        refuse_production()
