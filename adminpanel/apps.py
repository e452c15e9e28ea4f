"""The staff site: ModelAdmins and staff pages per domain."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib import admin
from django.db.models.signals import post_migrate


class AdminPanelConfig(AppConfig):
    name = "adminpanel"
    verbose_name = "Staff"

    def ready(self) -> None:
        """Every `migrate` brings the roles up to date, once the permissions of the shop's models are there."""
        if settings.STAFF_SITE_AT_START:
            admin.autodiscover()
        shop = apps.get_app_config("shop")
        post_migrate.connect(bring_roles_up_to_date, sender=shop, dispatch_uid="adminpanel.roles")


def bring_roles_up_to_date(sender: AppConfig, **details: Any) -> None:
    # Models can be imported only once every app is loaded.
    from adminpanel.roles import sync_roles  # noqa: PLC0415

    sync_roles()
