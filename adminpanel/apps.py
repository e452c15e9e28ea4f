"""The staff site: ModelAdmins and staff pages per domain."""

from django.apps import AppConfig


class AdminPanelConfig(AppConfig):
    name = "adminpanel"
    verbose_name = "Staff"
