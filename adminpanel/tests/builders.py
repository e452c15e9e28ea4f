"""Staff of each role, signed in."""

from django.contrib.auth.models import Group
from django.test import Client

from shop.accounts.models import User
from shop.tests.builders import make_user


def make_staff(role: str = "owner", email: str = "") -> User:
    """A member of staff with that role's group, not a superuser."""
    user = make_user(email or f"{role.replace(' ', '-')}@example.org", is_staff=True, full_name="Noor Haddad")
    user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
