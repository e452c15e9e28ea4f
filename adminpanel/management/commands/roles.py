"""`manage.py roles`: set the staff roles back to what the table says, for operators who changed them by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from adminpanel.addresses import DOORS, METHODS, Address, addresses
from adminpanel.roles import ROLES, rights, sync_roles


class Command(BaseCommand):
    help = "Write the staff roles of adminpanel/roles.py into the groups (also done by every migrate)"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--addresses", action="store_true", help="only list every address and the roles it is for")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them and say how many rights each has; or list who may open, and who may post to, each address."""
        if options["addresses"]:
            found = addresses()
            for address in found:
                self.stdout.write(" | ".join([address.route, *(who_may(address, method) for method in METHODS)]))
            self.stdout.write(f"{len(found)} addresses (route | who may look | who may post), {len(ROLES)} roles")
            return
        sync_roles()
        for role in ROLES:
            self.stdout.write(f"{role}: {len(rights(role))} rights")


def who_may(address: Address, method: str) -> str:
    """In words: roles by name, all staff, nobody."""
    if address.name in DOORS:
        return "everybody"
    return "all staff" if address.needs(method) == set() else ", ".join(address.roles(method)) or "nobody"
