"""The shop is one Django app with a package per domain."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate

from shop.accounts.checks import account_settings
from shop.core.crash import crash_points, refuse_production
from shop.payments.checks import payment_settings


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Shop"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(payment_settings)
        register(account_settings)
        post_migrate.connect(begin_with_known_rates, sender=self, dispatch_uid="shop.tax_rates")
        register(crash_points)
        refuse_production()


def begin_with_known_rates(sender: AppConfig, **details: Any) -> None:
    """A new shop has VAT rates from its first `migrate` on, a real one as well as the demo."""
    # Models can be imported only once every app is loaded.
    from shop.tax.known_rates import begin  # noqa: PLC0415

    begin()
