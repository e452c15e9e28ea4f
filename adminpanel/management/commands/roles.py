"""`manage.py roles`: set the staff roles back to what the table says, for operators who changed them by hand."""

from typing import Any

from django.core.management.base import BaseCommand

from adminpanel.roles import ROLES, rights, sync_roles


class Command(BaseCommand):
    help = "Write the staff roles of adminpanel/roles.py into the groups (also done by every migrate)"

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them and say how many rights each has."""
        sync_roles()
        for role in ROLES:
            self.stdout.write(f"{role}: {len(rights(role))} rights")
