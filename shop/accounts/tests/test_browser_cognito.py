"""The whole way of a customer, and of staff, over a user pool: a real browser, real HTTP at both ends."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from adminpanel.door import ASKED_EVERY
from adminpanel.roles import sync_roles
from sandbox.cognito.server import Pool
from shop.accounts.models import User
from shop.accounts.security_models import SignIn
from shop.accounts.tests.conftest import Keeper
from shop.catalog import listings
from shop.core import clock
from shop.core.sealed import unseal
from shop.orders.models import Order
from shop.tests.builders import make_colour, make_product, make_rate, make_size, make_variant

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]

ANN, PASSWORD, OTHER = "ann@example.com", "quarry linen in may", "seven grey herons"
# Milliseconds: on a busy machine the staff site's first page takes longer than the shop's own do.
SLOW = 30_000


@pytest.fixture
def shirt() -> None:
    make_rate()
    product = make_product("Quarry Linen Shirt", slug="quarry-linen-shirt")
    make_variant(product, colour=make_colour("Sky"), size=make_size("M"), stock=3)
    listings.refresh([product.pk])


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(ANN)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")


def sign_out(page: Page) -> None:
    page.goto("/account/")
    press(page, "Sign out")
    expect(page).to_have_url(re.compile("/account/login/"))


def buy(page: Page) -> None:
    page.goto("/product/quarry-linen-shirt/?colour=sky&size=M")
    page.get_by_role("button", name=re.compile("^Add to bag")).first.click()
    page.get_by_role("link", name=re.compile("^Checkout")).first.click()
    page.get_by_label("Email").fill(ANN)
    page.get_by_label("Full name").fill("Ann Archer")
    page.get_by_label("Country").select_option("GB")
    page.get_by_label("Address", exact=True).fill("12 St James's Square")
    page.get_by_label("City").fill("London")
    page.get_by_label("Postcode").fill("SW1Y 4JH")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name=re.compile("^Pay")).click()
    expect(page.get_by_role("heading", name=re.compile("Thank you"))).to_be_visible()


def sign_up(page: Page) -> None:
    page.goto("/account/signup/")
    page.get_by_label("Full name").fill("Ann Archer")
    page.get_by_label("Email").first.fill(ANN)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Create account")


def confirm(page: Page, code: str) -> None:
    """With a code that is wrong first."""
    page.get_by_label("Code").fill("000000" if code != "000000" else "000001")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Confirm my email")
    expect(page.get_by_text("This code is not right").first).to_be_visible()
    page.get_by_label("Code").fill(f"{code[:3]} {code[3:]}")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Confirm my email")


def choose_a_new_password(page: Page, keeper: Keeper) -> None:
    page.get_by_role("link", name="Forgotten it?").click()
    page.get_by_label("Email").fill(ANN)
    press(page, "Send it to me")
    page.get_by_label("Code").fill(keeper.code(ANN, "reset"))
    page.get_by_label("New password").fill(OTHER)
    press(page, "Save new password")


def test_a_customer_signs_up_buys_forgets_the_password_and_comes_back(page: Page, cognito: Keeper, shirt: None) -> None:
    sign_up(page)
    confirm(page, cognito.code(ANN, "confirm"))
    expect(page).to_have_url(re.compile("/account/$"))
    user = User.objects.get(email=ANN)
    assert user.subject and user.email_confirmed_at and not user.has_usable_password()
    kept = SignIn.objects.get().refresh_token
    assert unseal(kept) and unseal(kept) not in kept

    buy(page)
    order = Order.objects.get()
    assert (order.state, order.user) == (Order.State.PAID, user)
    sign_out(page)
    assert SignIn.objects.get().refresh_token == ""

    sign_in(page, OTHER)
    expect(page.get_by_text("Email or password is not right").first).to_be_visible()
    choose_a_new_password(page, cognito)
    page.goto("/account/login/")
    sign_in(page, OTHER)
    expect(page).to_have_url(re.compile("/account/$"))
    assert User.objects.get() == user


@pytest.fixture
def desk(chromium: Browser, shop_site: str) -> Iterator[Page]:
    """A tab of a desktop. Being refused is an error to the console, so the console fails nothing here."""
    context = chromium.new_context(base_url=shop_site, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(SLOW)
    yield context.new_page()
    context.close()


def answers(page: Page, *models: str) -> list[int]:
    """The status of each model's list in the staff site, to whoever is signed in."""
    return [page.request.get(f"/admin/shop/{model}/").status for model in models]


def test_staff_are_let_in_by_their_group(desk: Page, cognito: Keeper, pool: Pool) -> None:
    sync_roles()
    who: Any = {"UserPoolId": pool.pool_id, "Username": ANN}
    attributes: Any = [{"Name": "email", "Value": ANN}, {"Name": "email_verified", "Value": "true"}]
    pool.operator.admin_create_user(**who, UserAttributes=attributes, TemporaryPassword="temporary words")
    pool.operator.admin_add_user_to_group(**who, GroupName="customer-care")

    desk.goto("/admin/")
    sign_in(desk, "temporary words")
    desk.get_by_label("New password").fill(PASSWORD)
    press(desk, "Save and sign in")
    expect(desk).to_have_url(re.compile("/admin/$"), timeout=SLOW)
    expect(desk.get_by_role("link", name="Orders").first).to_be_visible()
    user = User.objects.get()
    assert user.is_staff and not user.is_superuser
    assert [group.name for group in user.groups.all()] == ["customer care"]
    assert answers(desk, "order", "stockmovement") == [200, 403]

    pool.operator.admin_remove_user_from_group(**who, GroupName="customer-care")
    SignIn.objects.update(checked_at=clock.now() - ASKED_EVERY)
    desk.goto("/admin/shop/order/")
    expect(desk.get_by_role("heading", name="This page is for staff")).to_be_visible()
    assert not User.objects.get(is_staff=False).groups.exists()

    press(desk, "Sign out")
    desk.goto("/admin/")
    sign_in(desk)
    expect(desk.get_by_role("heading", name="This page is for staff")).to_be_visible(timeout=SLOW)
