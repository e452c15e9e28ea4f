"""One staff account for each role."""

from django.contrib.auth.models import Group
from django.db import transaction

from shop.accounts.models import User
from shop.core import clock

PASSWORD = "aspire-demo"  # noqa: S105 - printed by `make run`: these accounts are for looking around
# The part before @: (group, name). What a group may do is the staff site's business.
ACCOUNTS = {
    "owner": ("owner", "Ada Lindqvist"),
    "catalogue": ("catalogue", "Tomás Herrera"),
    "warehouse": ("warehouse", "Wanjiru Kamau"),
    "care": ("customer care", "Priya Raman"),
    "marketing": ("marketing", "Jules Moreau"),
    "analyst": ("analyst", "Mei Tanaka"),
}


@transaction.atomic
def make_staff() -> None:
    """The accounts that are missing, each in its group; the owner may do everything."""
    for local_part, (role, name) in ACCOUNTS.items():
        email = f"{local_part}@aspireclothes.example"
        group, _ = Group.objects.get_or_create(name=role)
        if not User.objects.filter(email=email).exists():
            is_owner = role == "owner"
            rights = {"is_staff": True, "is_superuser": is_owner}
            user = User.objects.create_user(email, PASSWORD, full_name=name, email_confirmed_at=clock.now(), **rights)
            user.groups.add(group)
