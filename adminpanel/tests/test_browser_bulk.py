"""Many rows at once in a real browser: from the list to the change by keyboard, and a block pasted into the grid."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from adminpanel.roles import sync_roles
from adminpanel.tests.builders import make_staff
from shop.accounts.tests.test_browser_cognito import SLOW, desk, press
from shop.catalog.models import Colour, ProductVariant
from shop.tests.builders import make_colour, make_product, make_size, make_variant

__all__ = ["desk"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASTE = """([field, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def variants() -> list[ProductVariant]:
    """Clay and Sky, S and M, each at 78.00, and somebody who may change them."""
    sync_roles()
    make_staff("owner")
    product = make_product()
    colours = [make_colour("Clay", Colour.Family.RED), make_colour("Sky")]
    sizes = [make_size(name) for name in ("S", "M")]
    return [make_variant(product, sku=f"{c.name}-{s.name}", colour=c, size=s) for s in sizes for c in colours]


def enter(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Email").fill("owner@example.org")
    page.get_by_label("Password").fill("a-long-password-1")
    press(page, "Sign in")
    expect(page).to_have_url(re.compile(re.escape(address)), timeout=SLOW)


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Walk there by keyboard; where the focus is, it is seen."""
    expect(wanted).to_be_visible()
    for _ in range(150):
        page.keyboard.press(key)
        if wanted.evaluate("field => field === document.activeElement"):
            ring = "field => [getComputedStyle(field).outlineStyle, getComputedStyle(field).boxShadow].join(' ')"
            assert wanted.evaluate(ring) != "none none"
            return
    pytest.fail("Tab does not lead there")


def test_prices_change_from_the_list_without_a_mouse(desk: Page, variants: list[ProductVariant]) -> None:
    enter(desk, "/admin/shop/productvariant/")
    tab_to(desk, desk.locator("#searchbar"))
    tab_to(desk, desk.locator("input.action-select").first)
    desk.keyboard.press("Space")
    tab_to(desk, desk.locator("select[name=action]"), "Shift+Tab")
    desk.keyboard.type("Change prices")
    tab_to(desk, desk.get_by_role("button", name="Run"))
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_label("Raise by a percentage"))
    desk.keyboard.press("Space")
    tab_to(desk, desk.get_by_label("Per cent", exact=True))
    desk.keyboard.type("10")
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_role("button", name="Change 1 row"))
    desk.keyboard.press("Enter")
    tab_to(desk, desk.get_by_role("button", name="Undo it"))
    assert sorted(ProductVariant.objects.values_list("price", flat=True)) == [7800, 7800, 7800, 8580]
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Undo: Prices up by 10%")).to_be_visible()
    assert set(ProductVariant.objects.values_list("price", flat=True)) == {7800}


def test_a_block_pasted_into_a_cell_fills_the_grid(desk: Page, variants: list[ProductVariant]) -> None:
    first = variants[0]
    enter(desk, f"/admin/shop/product/{first.product_id}/grid/")
    field = desk.locator(f"[name=c{first.colour_id}s{first.size_id}-price]")
    field.evaluate(f"(field, text) => ({PASTE})([field, text])", "60\t61\t99\r\n\t63\r\n")
    expect(desk.get_by_role("status")).to_have_text("3 cells filled. 1 did not fit and were left out.")
    press(desk, "See what would change")
    expect(desk.get_by_role("cell", name="£63.00")).to_be_visible()
    press(desk, "Save all")
    expect(desk.get_by_text("3 changed.")).to_be_visible()
    found = dict(ProductVariant.objects.values_list("sku", "price"))
    assert found == {"Clay-S": 6000, "Sky-S": 6100, "Clay-M": 7800, "Sky-M": 6300}
