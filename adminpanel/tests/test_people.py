"""People in the staff site, with the shop's own accounts and with an identity provider behind them."""

from typing import Any

import pytest

from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


class Elsewhere:
    """A provider that keeps everybody as they are."""

    def groups(self, *, subject: str) -> None:
        return None


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ACCOUNTS_PROVIDER = settings.ACCOUNTS_ADAPTERS["cognito"]
    monkeypatch.setattr("adminpanel.door.accounts", Elsewhere)


def test_with_a_provider_nobody_is_made_here_and_no_password_is_set(provider: None) -> None:
    client, alice = signed_in(make_staff("owner")), make_user("alice@example.org")
    assert client.get("/admin/shop/user/add/").status_code == 403
    assert client.get(f"/admin/shop/user/{alice.pk}/password/").status_code == 403
    page = client.get(f"/admin/shop/user/{alice.pk}/change/").content.decode()
    assert 'name="password"' not in page and 'name="groups"' not in page and 'name="is_staff"' not in page


def test_with_a_provider_a_posted_right_is_not_taken(provider: None) -> None:
    client, alice = signed_in(make_staff("owner")), make_user("alice@example.org")
    sent = {"full_name": "Alice M", "is_active": "on", "is_staff": "on", "is_superuser": "on", "email": "x@example.org"}
    assert client.post(f"/admin/shop/user/{alice.pk}/change/", sent).status_code == 302
    kept = User.objects.get(pk=alice.pk)
    assert (kept.full_name, kept.email, kept.is_staff, kept.is_superuser) == ("Alice M", alice.email, False, False)


def test_with_the_shops_own_accounts_an_owner_makes_people_and_sets_passwords() -> None:
    client, alice = signed_in(make_staff("owner")), make_user("alice@example.org")
    assert client.get("/admin/shop/user/add/").status_code == 200
    assert client.get(f"/admin/shop/user/{alice.pk}/password/").status_code == 200


@pytest.mark.parametrize(("email", "confirmed"), [("other@example.org", False), ("alice@example.org", True)])
def test_an_e_mail_that_an_owner_types_is_not_confirmed_by_that(email: str, confirmed: bool) -> None:
    client, alice = signed_in(make_staff("owner")), make_user("alice@example.org")
    sent = {"full_name": "Alice M", "is_active": "on", "email": email}
    answer = client.post(f"/admin/shop/user/{alice.pk}/change/", sent, headers={"User-Agent": "Firefox"})
    assert answer.status_code == 302
    kept = User.objects.get(pk=alice.pk)
    assert (kept.full_name, kept.email, kept.email_confirmed_at is not None) == ("Alice M", email, confirmed)
    told = AccountEvent.objects.filter(user=alice).values_list("kind", "email", "note", "address", "agent")
    assert list(told) == ([] if confirmed else [("email-changed", "alice@example.org", "by staff", None, "")])


def test_whose_password_staff_set_hears_of_it_and_is_signed_out() -> None:
    owner, alice = make_staff("owner"), make_user("alice@example.org")
    client, hers = signed_in(owner), signed_in(alice)
    sent = {"password1": "quite another sentence", "password2": "quite another sentence"}
    for person in (alice, owner):
        answer = client.post(f"/admin/shop/user/{person.pk}/password/", sent, headers={"User-Agent": "Firefox"})
        assert answer.status_code == 302
    assert hers.get("/account/").status_code == 303 and client.get("/admin/").status_code == 200
    told = OutgoingMail.objects.order_by("pk").values_list("to", "subject")
    assert list(told) == [(person.email, "Your password was changed") for person in (alice, owner)]
    events = AccountEvent.objects.order_by("pk").values_list("user", "kind", "note", "address", "agent")
    # Where the member of staff sat is none of the customer's business.
    assert list(events) == [
        (alice.pk, "password-changed", "by staff", None, ""),
        (owner.pk, "password-changed", "", "127.0.0.1", "Firefox"),
    ]


def test_an_e_mail_that_staff_type_is_kept_in_the_form_that_its_owner_signs_in_with() -> None:
    client = signed_in(make_staff("owner"))
    new = {"full_name": "Sam", "password1": "quite another sentence", "password2": "quite another sentence"}
    answer = client.post("/admin/shop/user/add/", {**new, "email": " Sam@B\u00fccher.EXAMPLE "})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    sam = User.objects.get(full_name="Sam")
    assert sam.email == "sam@xn--bcher-kva.example"
    client.post(
        f"/admin/shop/user/{sam.pk}/change/", {"full_name": "Sam", "is_active": "on", "email": "SAM@Example.org"}
    )
    sam.refresh_from_db()
    assert sam.email == "sam@example.org"


@pytest.mark.parametrize("typed", ["sam@\uff45xample.org", "s\u0430m@example.org", "sam@example.org\nBcc: x@y.org"])
@pytest.mark.parametrize("page", ["add", "change"])
def test_an_e_mail_that_reads_like_another_is_refused_beside_its_field(page: str, typed: str) -> None:
    client, alice = signed_in(make_staff("owner")), make_user("alice@example.org")
    path = "/admin/shop/user/add/" if page == "add" else f"/admin/shop/user/{alice.pk}/change/"
    passwords = {"password1": "quite another sentence", "password2": "quite another sentence"}
    before = list(User.objects.order_by("pk").values_list("email", "full_name"))
    answer = client.post(path, {"full_name": "Sam", "is_active": "on", "email": typed, **passwords})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == ["email"]
    assert list(User.objects.order_by("pk").values_list("email", "full_name")) == before
