"""Staff whose rights an identity provider keeps: its groups are the shop's roles of the same names."""

from django.contrib.auth.models import Group
from django.db import transaction

from shop.accounts.audit import note
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent


def apply_groups(user: User, groups: frozenset[str] | None) -> bool:
    """Give the user exactly the roles of these groups; whether that changed anything.

    None: the shop's own tables say, so nothing is done. A provider's groups that are no role of the shop are passed
    over, its hyphens stand for spaces (Cognito takes none), and nobody is a superuser by any group.
    """
    if groups is None:
        return False
    wanted = {name.replace("-", " ") for name in groups}
    with transaction.atomic():
        held = set(user.groups.values_list("name", flat=True))
        roles = {group.name: group for group in Group.objects.filter(name__in=wanted)} if wanted else {}
        rights = {"is_staff": bool(roles), "is_superuser": False}
        changed = [name for name, value in rights.items() if getattr(user, name) != value]
        if held == set(roles) and not changed:
            return False
        user.groups.set(roles.values())
        for name in changed:
            setattr(user, name, rights[name])
        user.save(update_fields=changed)
        told = f"{', '.join(sorted(held)) or 'none'} -> {', '.join(sorted(roles)) or 'none'}"
        note(AccountEvent.Kind.ROLES_CHANGED, user=user, note=told)
    return True
