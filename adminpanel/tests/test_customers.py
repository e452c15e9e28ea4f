"""What customers keep with their account, as staff see it: to look at only."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from adminpanel.roles import sync_roles
from shop.accounts import addresses
from shop.accounts.consents import record
from shop.accounts.customer_models import Address, Consent
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    user = make_user(full_name="Alice Adeyemi")
    place = {"full_name": "Alice Adeyemi", "country": "GB", "address": "1 High Street", "city": "Leeds"}
    addresses.save(user=user, fields=place)
    record(email=user.email, given=True, source=Consent.Source.SIGN_UP, user=user)
    AccountEvent.objects.create(user=user, kind=AccountEvent.Kind.DATA_TAKEN, agent="Lynx/2.9")
    return user


def signed_in(client: Client, role: str) -> Client:
    sync_roles()
    staff = make_user(f"{role.replace(' ', '-')}@example.org", is_staff=True)
    staff.groups.add(Group.objects.get(name=role))
    client.force_login(staff)
    return client


@pytest.mark.parametrize("role", ["owner", "customer care"])
def test_owner_and_customer_care_see_them_on_the_person_s_page(client: Client, alice: User, role: str) -> None:
    page = signed_in(client, role).get(f"/admin/shop/user/{alice.pk}/change/").content.decode()
    for words in ("1 High Street", "one letter a month", "Data downloaded", "Lynx/2.9"):
        assert words in page
    assert 'name="addresses-0-city"' not in page and 'name="consents-0-given"' not in page


@pytest.mark.parametrize("role", ["catalogue", "warehouse", "marketing", "analyst"])
def test_other_roles_do_not(client: Client, alice: User, role: str) -> None:
    assert signed_in(client, role).get(f"/admin/shop/user/{alice.pk}/change/").status_code == 403


def test_what_is_posted_to_them_changes_nothing(client: Client, alice: User) -> None:
    address, consent = Address.objects.get(), Consent.objects.get()
    form = {
        "email": alice.email, "full_name": alice.full_name, "is_active": "on",
        "addresses-TOTAL_FORMS": "1", "addresses-INITIAL_FORMS": "1",
        "addresses-0-id": str(address.pk), "addresses-0-user": str(alice.pk), "addresses-0-city": "York",
        "consents-TOTAL_FORMS": "2", "consents-INITIAL_FORMS": "1",
        "consents-0-id": str(consent.pk), "consents-0-DELETE": "on", "consents-1-given": "on",
        "account_events-TOTAL_FORMS": "0", "account_events-INITIAL_FORMS": "0",
    }  # fmt: skip
    signed_in(client, "owner").post(f"/admin/shop/user/{alice.pk}/change/", form)
    assert Address.objects.get().city == "Leeds"
    assert Consent.objects.get().given


def test_adding_a_person_shows_none_of_it(client: Client) -> None:
    page = signed_in(client, "owner").get("/admin/shop/user/add/").content.decode()
    assert "consents" not in page
