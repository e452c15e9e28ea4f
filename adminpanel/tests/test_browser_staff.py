"""The whole way of a member of staff over the shop's own accounts, in a real browser."""

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from adminpanel.roles import sync_roles
from adminpanel.tests.builders import make_staff
from shop.accounts import totp
from shop.accounts.tests.test_browser_cognito import SLOW, answers, desk, press
from shop.core import clock

__all__ = ["desk"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Page) -> None:
    page.get_by_label("Email").fill("marketing@example.org")
    page.get_by_label("Password").fill("a-long-password-1")
    press(page, "Sign in")


def the_menu_is_that_of_marketing(page: Page) -> None:
    expect(page.locator("#nav-sidebar a[href='/admin/shop/sale/']")).to_be_visible()
    menu = {link.get_attribute("href") for link in page.locator("#nav-sidebar a").all()}
    assert {"/admin/shop/promotion/", "/admin/shop/product/"} <= menu
    assert not {"/admin/shop/order/", "/admin/shop/paymentattempt/", "/admin/shop/user/"} & menu


def test_staff_sign_in_with_a_code_see_what_their_role_is_for_and_leave(desk: Page, settings: Any) -> None:
    sync_roles()
    settings.STAFF_SECOND_STEP = True
    person, secret = make_staff("marketing"), totp.new_secret()

    desk.goto("/admin/shop/sale/")
    sign_in(desk)
    expect(desk.get_by_role("heading", name="Two-step sign-in, please")).to_be_visible(timeout=SLOW)
    press(desk, "Sign out")

    # The app's code of a moment ago, so that the present one is still good.
    totp.turn_on(person, secret, pyotp.TOTP(secret).at(clock.now() - timedelta(seconds=totp.STEP_SECONDS)))
    desk.goto("/admin/shop/sale/")
    sign_in(desk)
    desk.get_by_label("Code").fill(pyotp.TOTP(secret).at(clock.now()))
    press(desk, "Sign in")
    expect(desk).to_have_url(re.compile("/admin/shop/sale/$"), timeout=SLOW)

    the_menu_is_that_of_marketing(desk)
    assert answers(desk, "promotion", "stockmovement") == [200, 403]
    desk.goto("/admin/shop/paymentattempt/")
    expect(desk.get_by_role("heading", name="This page is not for your role.")).to_be_visible()
    desk.get_by_role("link", name="To the staff site").click()
    expect(desk).to_have_url(re.compile("/admin/$"), timeout=SLOW)

    desk.locator("summary", has_text="marketing@example.org").press("Enter")
    desk.get_by_role("button", name="Log out").click()
    expect(desk).to_have_url(re.compile("/account/login/"), timeout=SLOW)
    desk.goto("/admin/shop/sale/")
    expect(desk).to_have_url(re.compile("/account/login/"))
