"""What holds of a user pool alone, over HTTP."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from pytest_django import Settings

from sandbox.cognito import laptop
from sandbox.cognito.server import Pool
from shop.accounts.customer_models import Consent
from shop.accounts.models import User
from shop.accounts.people import person_of
from shop.accounts.security_models import SignIn
from shop.accounts.tests.conftest import Keeper
from shop.adapters import cognito_client
from shop.adapters.accounts import (
    AccountsUnavailable,
    Challenge,
    ChallengeKind,
    CodeRefused,
    Holder,
    Identity,
    SignedIn,
    SignInLapsed,
    SignUp,
    WrongCredentials,
)
from shop.core import clock
from shop.tests.builders import make_user
from storefront.management.commands.user_pool import resident

pytestmark = pytest.mark.django_db

ANN, PASSWORD, OTHER = "ann@example.com", "quarry linen in may", "seven grey herons"


def account(keeper: Keeper, email: str = ANN) -> Holder:
    assert keeper.provider.sign_up(email=email, password=PASSWORD, full_name="Ann") is SignUp.CREATED
    keeper.provider.confirm_sign_up(email=email, code=keeper.code(email, "confirm"), password=PASSWORD)
    return holder(keeper, email)


def holder(keeper: Keeper, email: str = ANN) -> Holder:
    found = keeper.provider.sign_in(email=email, password=PASSWORD)
    assert isinstance(found, SignedIn)
    return Holder(found.identity.subject, found.identity.email, found.refresh_token)


def invited(pool: Pool, **more: Any) -> None:
    """Somebody whom an operator made, with a password that is good for once."""
    attributes: Any = [{"Name": "email", "Value": ANN}, {"Name": "email_verified", "Value": "true"}]
    pool.operator.admin_create_user(
        UserPoolId=pool.pool_id, Username=ANN, UserAttributes=attributes, TemporaryPassword="temporary words", **more
    )


@pytest.fixture
def asked(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every call to Cognito, and every fetching of keys, by name."""
    made: list[str] = []
    get: Callable[..., Any] = requests.get

    def counted(url: str, **kwargs: Any) -> Any:
        made.append(url.rpartition("/")[2])
        return get(url, **kwargs)

    def note(model: Any, **kwargs: Any) -> None:
        made.append(model.name)

    monkeypatch.setattr(requests, "get", counted)
    listened = [cognito_client.client(pool.address, repeat).meta.events for repeat in (True, False)]
    for events in listened:
        events.register("before-call", note)
    yield made
    for events in listened:
        events.unregister("before-call", note)


def test_signing_in_costs_one_call_and_the_keys_once(cognito: Keeper, asked: list[str]) -> None:
    account(cognito)
    assert asked.count("jwks.json") == 1
    del asked[:]
    for _ in range(3):
        holder(cognito)
    assert asked == ["AdminInitiateAuth"] * 3


def test_signing_up_asks_as_much_with_an_account_as_without_one(cognito: Keeper, asked: list[str]) -> None:
    cognito.provider.sign_up(email=ANN, password=PASSWORD, full_name="Ann")
    first = list(asked)
    cognito.provider.confirm_sign_up(email=ANN, code=cognito.code(ANN, "confirm"), password=PASSWORD)
    del asked[:]
    cognito.provider.sign_up(email=ANN, password=OTHER, full_name="Mallory")
    assert asked == first == ["AdminGetUser", "SignUp"]


def test_groups_are_in_the_token_and_asked_for_anew(cognito: Keeper, pool: Pool) -> None:
    ann = account(cognito)
    who = {"UserPoolId": pool.pool_id, "Username": ANN}
    assert cognito.provider.groups(subject=ann.subject) == frozenset()
    for group in ("owner", "customer-care"):
        pool.operator.admin_add_user_to_group(**who, GroupName=group)
    found = cognito.provider.sign_in(email=ANN, password=PASSWORD)
    assert isinstance(found, SignedIn)
    assert found.identity.groups == frozenset({"owner", "customer-care"})
    pool.operator.admin_remove_user_from_group(**who, GroupName="owner")
    assert cognito.provider.groups(subject=ann.subject) == frozenset({"customer-care"})


def test_whoever_was_invited_chooses_a_password_first(cognito: Keeper, pool: Pool) -> None:
    invited(pool)
    challenge = cognito.provider.sign_in(email=ANN, password="temporary words")
    assert isinstance(challenge, Challenge) and challenge.kind is ChallengeKind.NEW_PASSWORD
    found = cognito.provider.answer(challenge=challenge, answer=PASSWORD)
    assert isinstance(found, SignedIn)
    assert (found.identity.email, found.identity.email_confirmed) == (ANN, True)
    assert holder(cognito).subject == found.identity.subject
    with pytest.raises(WrongCredentials):
        cognito.provider.sign_in(email=ANN, password="temporary words")


def test_an_invited_address_is_not_for_signing_up(cognito: Keeper, pool: Pool) -> None:
    invited(pool)
    assert cognito.provider.sign_up(email=ANN, password=PASSWORD, full_name="Mallory") is SignUp.EXISTS
    with pytest.raises(WrongCredentials):
        cognito.provider.sign_in(email=ANN, password=PASSWORD)


def test_whoever_has_to_choose_a_new_password_is_not_told_from_a_wrong_one(cognito: Keeper, pool: Pool) -> None:
    ann = account(cognito)
    pool.operator.admin_reset_user_password(UserPoolId=pool.pool_id, Username=ANN)
    with pytest.raises(WrongCredentials):
        cognito.provider.sign_in(email=ANN, password=PASSWORD)
    with pytest.raises(SignInLapsed):
        cognito.provider.groups(subject=ann.subject)
    cognito.provider.forgot_password(email=ANN)
    cognito.provider.reset_password(email=ANN, code=cognito.code(ANN, "reset"), password=OTHER)
    assert isinstance(cognito.provider.sign_in(email=ANN, password=OTHER), SignedIn)


def test_signing_out_ends_this_sign_in_and_no_other(cognito: Keeper) -> None:
    here, there = account(cognito), holder(cognito)
    cognito.provider.sign_out(holder=here)
    with pytest.raises(SignInLapsed):
        cognito.provider.start_totp(holder=here)
    assert cognito.provider.start_totp(holder=there).secret


def test_signing_out_everywhere_ends_every_sign_in(cognito: Keeper) -> None:
    here, there = account(cognito), holder(cognito)
    cognito.provider.sign_out_everywhere(holder=here)
    for ended in (here, there):
        with pytest.raises(SignInLapsed):
            cognito.provider.change_email(holder=ended, email="new@example.com")
    assert cognito.code("new@example.com", "change") == ""


def test_a_new_password_ends_every_sign_in(cognito: Keeper) -> None:
    before = account(cognito)
    cognito.provider.forgot_password(email=ANN)
    cognito.provider.reset_password(email=ANN, code=cognito.code(ANN, "reset"), password=OTHER)
    with pytest.raises(SignInLapsed):
        cognito.provider.change_password(holder=before, old=OTHER, new=PASSWORD)


def test_a_refresh_token_is_of_no_use_to_another_person(cognito: Keeper) -> None:
    ann, ben = account(cognito), account(cognito, "ben@example.com")
    with pytest.raises(AccountsUnavailable):
        cognito.provider.start_totp(holder=Holder(ben.subject, ben.email, ann.refresh_token))


def test_a_wrong_secret_signs_nobody_in_and_is_the_shops_trouble(cognito: Keeper, settings: Settings) -> None:
    account(cognito)
    settings.COGNITO_CLIENT_SECRET = "another-secret-of-the-right-length"
    with pytest.raises(AccountsUnavailable):
        cognito.provider.sign_in(email=ANN, password=PASSWORD)


def test_an_identity_of_another_pool_is_nobody_here(cognito: Keeper, settings: Settings, pool: Pool) -> None:
    account(cognito)
    settings.COGNITO_POOL_ID, known = "us-east-1_Another12", settings.COGNITO_POOL_ID
    with pytest.raises(AccountsUnavailable):
        cognito.provider.sign_in(email=ANN, password=PASSWORD)
    settings.COGNITO_POOL_ID = known
    holder(cognito)


def test_a_code_of_somebody_who_began_anew_is_void(cognito: Keeper) -> None:
    """The first code went to the same mailbox: only the newest password may stand behind a confirmation."""
    cognito.provider.sign_up(email=ANN, password=OTHER, full_name="Mallory")
    first = cognito.code(ANN, "confirm")
    cognito.provider.sign_up(email=ANN, password=PASSWORD, full_name="Ann")
    if first != cognito.code(ANN, "confirm"):
        with pytest.raises(CodeRefused):
            cognito.provider.confirm_sign_up(email=ANN, code=first, password=PASSWORD)


def test_a_confirmed_sign_up_that_proved_no_password_waits_for_a_new_one(cognito: Keeper, pool: Pool) -> None:
    """As where the shop died after Cognito took the code: whose password is in force is not known."""
    cognito.provider.sign_up(email=ANN, password=OTHER, full_name="Mallory")
    pool.operator.admin_confirm_sign_up(UserPoolId=pool.pool_id, Username=ANN)
    verified: Any = [{"Name": "email_verified", "Value": "true"}]
    pool.operator.admin_update_user_attributes(UserPoolId=pool.pool_id, Username=ANN, UserAttributes=verified)
    with pytest.raises(WrongCredentials):
        cognito.provider.sign_in(email=ANN, password=OTHER)
    cognito.provider.forgot_password(email=ANN)
    cognito.provider.reset_password(email=ANN, code=cognito.code(ANN, "reset"), password=PASSWORD)
    assert holder(cognito).email == ANN


def test_the_state_of_a_challenge_is_all_it_needs(cognito: Keeper, pool: Pool) -> None:
    """It goes through the session's store as text, and may come back in another process."""
    invited(pool)
    challenge = cognito.provider.sign_in(email=ANN, password="temporary words")
    assert isinstance(challenge, Challenge)
    assert set(json.loads(challenge.state)) == {"session", "user", "second_step"}


def test_a_check_says_what_is_missing(cognito: Keeper, settings: Settings) -> None:
    call_command("check")
    settings.COGNITO_CLIENT_SECRET = ""
    with pytest.raises(SystemCheckError, match="COGNITO_CLIENT_SECRET have to be set"):
        call_command("check")
    settings.ACCOUNTS_PROVIDER = settings.ACCOUNTS_ADAPTERS["django"]
    call_command("check")


def test_the_pool_of_a_laptop_has_its_people_under_their_names_and_mails_codes(
    cognito: Keeper, settings: Settings, tmp_path: Path
) -> None:
    settings.COGNITO_POOL_ID, settings.COGNITO_CLIENT_ID = "us-east-1_Sandbox", "sandboxclient"
    settings.COGNITO_CLIENT_SECRET, settings.MAIL_DIR = "sandbox-secret-" * 3, tmp_path
    staff = make_user(ANN, full_name="Ann Archer", email_confirmed_at=clock.now())
    staff.groups.add(Group.objects.get_or_create(name="customer care")[0])
    known = {**resident(staff), "password": PASSWORD}
    settings.COGNITO_ENDPOINT = laptop.open_pool(0, [laptop.Resident(**known)])
    found = cognito.provider.sign_in(email=ANN, password=PASSWORD)
    assert isinstance(found, SignedIn)
    assert found.identity == Identity(known["subject"], ANN, True, "Ann Archer", frozenset({"customer-care"}))
    assert person_of(found.identity) == staff
    cognito.provider.forgot_password(email=ANN)
    mail = next(tmp_path.glob("cognito-reset-*.eml")).read_text()
    assert f"To: {ANN}" in mail and cognito.code(ANN, "reset") in mail


def test_a_demo_shops_people_are_the_same_at_each_start(db: None) -> None:
    first = resident(make_user("owner@aspireclothes.example"))
    assert first == resident(User.objects.get()) and first["password"] == "aspire-demo"
    named = resident(make_user(ANN, subject="5f6c4a0e-1111-4222-8333-444455556666"))
    assert (named["subject"], named["password"]) == ("5f6c4a0e-1111-4222-8333-444455556666", "")


def test_a_typed_code_confirms_signs_in_and_leads_to_where_they_were(cognito: Keeper, client: Client) -> None:
    typed = {"full_name": "Ann", "email": ANN, "password": PASSWORD, "news": "on", "next": "/cart/"}
    assert client.post("/account/signup/", typed)["Location"] == "/account/confirm/"
    assert not Consent.objects.exists()
    proof = {"email": ANN, "code": cognito.code(ANN, "confirm"), "password": PASSWORD}
    assert client.post("/account/confirm/", proof)["Location"] == "/cart/"
    assert [(yes.email, yes.given, yes.source) for yes in Consent.objects.all()] == [(ANN, True, "sign-up")]
    assert User.objects.get().email_confirmed_at and SignIn.objects.count() == 1


def test_a_code_for_somebody_else_says_no_yes_in_their_name(cognito: Keeper, client: Client) -> None:
    cognito.provider.sign_up(email="ben@example.com", password=PASSWORD, full_name="Ben")
    client.post("/account/signup/", {"full_name": "Ann", "email": ANN, "password": PASSWORD, "news": "on"})
    code = cognito.code("ben@example.com", "confirm")
    proof = {"email": "ben@example.com", "code": code, "password": PASSWORD}
    assert client.post("/account/confirm/", proof)["Location"] == "/account/login/"
    assert not Consent.objects.exists()
