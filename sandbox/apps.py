"""The local sandbox: plays the payment provider over HTTP, for development and tests only."""

from django.apps import AppConfig
from django.core.checks import register

from sandbox.checks import only_on_a_laptop, refuse_production


class SandboxConfig(AppConfig):
    name = "sandbox"
    verbose_name = "Sandbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Servers run no checks, so a start in the wrong place fails here as well."""
        register(only_on_a_laptop)
        refuse_production()
