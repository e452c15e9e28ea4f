"""A copy of one's data: everything of theirs, nothing of anybody else's."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.accounts import addresses
from shop.accounts.consents import record
from shop.accounts.customer_models import Consent
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, SignIn
from shop.cart.models import Cart, CartLine
from shop.core import clock
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.privacy.copy import TABLES
from shop.tests.builders import make_order, make_user, make_variant
from shop.wishlist.models import WishItem, WishList

pytestmark = pytest.mark.django_db
JSON, ZIP = "/account/data/export.json", "/account/data/export.csv"


def make_customer(email: str, name: str) -> User:
    """Somebody with a row in every table but those of money given back."""
    user = make_user(email, full_name=name, email_confirmed_at=clock.now())
    place = {"full_name": name, "country": "GB", "address": f"1 {name} Street", "city": "Leeds"}
    addresses.save(user=user, fields=place)
    variant = make_variant()
    order = make_order(variant, email=email, full_name=name)
    Order.objects.filter(pk=order.pk).update(user=user)
    record(email=email, given=True, source=Consent.Source.SIGN_UP, user=user)
    SignIn.objects.create(user=user, address="192.0.2.7", agent=f"Browser of {name}")
    AccountEvent.objects.create(user=user, kind=AccountEvent.Kind.SIGNED_IN, agent=f"Browser of {name}")
    wishes = WishList.objects.create(user=user)
    WishItem.objects.create(wish_list=wishes, product=variant.product, colour=variant.colour)
    bag = Cart.objects.create(key=user.cart_key, expires_at=clock.now().replace(year=2100))
    CartLine.objects.create(cart=bag, variant=variant, quantity=2, seen_price=1)
    for key in ("order-confirmation", "account"):
        OutgoingMail.objects.create(key=f"{key}:{email}", to=email, subject=f"For {name}", text="secret link", html="")
    return user


@pytest.fixture
def alice(client: Client) -> User:
    user = make_customer("alice@example.org", "Alice")
    client.force_login(user)
    return user


def files(client: Client) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(client.get(ZIP).content)) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}


def test_the_json_holds_every_table(client: Client, alice: User) -> None:
    answer = client.get(JSON)
    assert answer["Content-Disposition"].startswith('attachment; filename="my-data-')
    found = json.loads(answer.content)
    assert list(found) == list(TABLES)
    assert {name for name, rows in found.items() if not rows} == {"invoices", "refunds"}
    assert found["person"][0]["email"] == "alice@example.org"
    assert (found["orders"][0]["grand_total"], found["orders"][0]["currency"]) == ("81.95", "GBP")
    assert found["bag"][0]["quantity"] == 2


def test_the_csv_holds_the_same_rows(client: Client, alice: User) -> None:
    found, tables = json.loads(client.get(JSON).content), files(client)
    assert set(tables) == {f"{name}.csv" for name, rows in found.items() if rows}
    assert tables["addresses.csv"][0]["address"] == "1 Alice Street"
    # The second copy knows of the first.
    assert len(tables["events.csv"]) == len(found["events"]) + 1


@pytest.mark.parametrize("address", [JSON, ZIP])
def test_nothing_of_another_customer_is_in_it(client: Client, alice: User, address: str) -> None:
    make_customer("bob@example.org", "Bobby")
    content = client.get(address).content
    if address == ZIP:
        content = str(files(client)).encode()
    assert b"Alice" in content
    assert b"obby" not in content and b"bob@" not in content


@pytest.mark.parametrize("address", [JSON, ZIP])
def test_nobody_asks_for_another_customer_s(client: Client, alice: User, address: str) -> None:
    bob = make_customer("bob@example.org", "Bobby")
    for named in (str(bob.pk), bob.email):
        found = client.get(JSON, {"user": named, "id": named, "email": named}).content
        assert b"Alice" in found and b"obby" not in found
    client.logout()
    assert client.get(address).status_code == 303


def test_mails_about_signing_in_keep_their_links_to_themselves(client: Client, alice: User) -> None:
    letters = json.loads(client.get(JSON).content)["letters"]
    assert [letter["text"] for letter in letters] == ["secret link", ""]


def test_that_it_was_taken_is_written_down(client: Client, alice: User) -> None:
    client.get(JSON)
    assert AccountEvent.objects.filter(user=alice, kind=AccountEvent.Kind.DATA_TAKEN).count() == 1


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_what_a_spreadsheet_would_run_is_text_in_csv_and_untouched_in_json(
    client: Client, alice: User, typed: str
) -> None:
    alice.addresses.update(label=typed)
    assert files(client)["addresses.csv"][0]["label"] == f"'{typed}"
    assert json.loads(client.get(JSON).content)["addresses"][0]["label"] == typed


def test_the_number_of_queries_does_not_grow_with_orders(
    client: Client, alice: User, django_assert_num_queries: Any
) -> None:
    with CaptureQueriesContext(connection) as few:
        client.get(JSON)
    for _ in range(3):
        order = make_order(make_variant(), make_variant())
        Order.objects.filter(pk=order.pk).update(user=alice)
    with django_assert_num_queries(len(few)):
        client.get(JSON)
