"""An identity provider's groups as the shop's roles."""

import pytest
from django.contrib.auth.models import Group

from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.accounts.staff import apply_groups
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


def roles(user: User) -> set[str]:
    return set(User.objects.get(pk=user.pk).groups.values_list("name", flat=True))


def test_groups_become_the_roles_of_the_same_names_and_staff() -> None:
    user = make_user("mei@example.org")
    assert apply_groups(user, frozenset({"customer-care", "analyst"})) is True
    assert roles(user) == {"customer care", "analyst"}
    assert User.objects.get(pk=user.pk).is_staff
    event = AccountEvent.objects.get()
    assert (event.kind, event.user, event.note) == ("roles-changed", user, "none -> analyst, customer care")


def test_the_same_groups_again_change_nothing() -> None:
    user = make_user("mei@example.org")
    apply_groups(user, frozenset({"analyst"}))
    assert apply_groups(user, frozenset({"analyst"})) is False
    assert AccountEvent.objects.count() == 1


def test_a_group_that_was_taken_away_takes_its_role_and_the_last_one_the_staff_site() -> None:
    user = make_user("mei@example.org", is_staff=True, is_superuser=True)
    user.groups.add(Group.objects.get(name="owner"), Group.objects.get(name="analyst"))
    apply_groups(user, frozenset())
    user.refresh_from_db()
    assert (roles(user), user.is_staff, user.is_superuser) == (set(), False, False)


def test_groups_that_are_no_role_give_nothing() -> None:
    user = make_user("mei@example.org")
    assert apply_groups(user, frozenset({"admins", "Owner", "is_superuser"})) is False
    assert (roles(user), user.is_staff) == (set(), False)


def test_without_groups_of_a_provider_the_shops_own_tables_stand() -> None:
    user = make_user("mei@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name="analyst"))
    assert apply_groups(user, None) is False
    assert (roles(user), User.objects.get(pk=user.pk).is_staff) == ({"analyst"}, True)
