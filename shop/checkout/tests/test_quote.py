"""What a bag costs where it goes, and the tax in it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.alerts.models import Alert
from shop.cart import services as cart
from shop.cart.stores import StoredCart, StoredLine, store
from shop.catalog.models import Product, ProductVariant
from shop.checkout.quote import Quote, choice, quote, taxed
from shop.checkout.services import place_order, shown
from shop.core import clock
from shop.core.numbers import secret_key
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.delivery.services import offer
from shop.invoices.services import issue_invoice
from shop.orders import services as orders
from shop.orders.models import Order
from shop.orders.services import LineToOrder
from shop.tax.amounts import TaxShare
from shop.tax.models import TaxRate
from shop.tax.services import Levy, Rates
from shop.tests.builders import make_product, make_rate, make_recipient, make_variant

HOME = Rates({"standard": Decimal(20), "children": Decimal(0), "other": Decimal("25.5")})


def bag_of(**quantities: int) -> StoredCart:
    """A bag of so many shirts (£78, standard) and rompers (£25, children's)."""
    key = secret_key()
    made = {"shirts": ("Shirt", "standard", 7800), "rompers": ("Romper", "children", 2500)}
    for name, quantity in quantities.items():
        title, tax_class, price = made[name]
        variant = make_variant(make_product(title, tax_class=tax_class), price=price)
        store().add(key, StoredLine(variant.pk, quantity, price))
    found = store().load(key)
    assert found
    return found


def quoted(stored: StoredCart, country: str) -> Quote:
    return quote(cart.price(stored), country)


def placed(stored: StoredCart, country: str) -> Order:
    seen, recipient = shown(quoted(stored, country)), make_recipient(country=country)
    key = stored.placement_key
    return place_order(stored=stored, placement_key=key, recipient=recipient, method="standard", seen=seen)


@pytest.mark.django_db
def test_at_home_each_line_contains_its_own_tax_and_delivery_follows_the_goods() -> None:
    make_rate("standard", 395, None)
    at_home = quoted(bag_of(shirts=2, rompers=1), "GB")
    assert [(int(line.tax_rate), line.charged, line.tax) for line in at_home.lines] == [(20, 15600, 2600), (0, 2500, 0)]
    # 395 by 15600 and 2500: 340 with a tax of 57, and 55 without.
    assert at_home.choices[0].taxation.shares == (TaxShare(Decimal(20), 15940, 2657), TaxShare(Decimal(0), 2555, 0))
    assert (str(at_home.tax), str(at_home.choices[0].tax), str(at_home.choices[0].total)) == (
        "£26",
        "£26.57",
        "£184.95",
    )
    assert not at_home.is_export


@pytest.mark.django_db
def test_an_export_is_without_tax_to_the_unit() -> None:
    make_rate("standard", 600, None, countries=["US"])
    abroad = quoted(bag_of(shirts=2, rompers=1), "US")
    assert [(line.unit_price, line.quantity, line.total, line.tax) for line in abroad.lines] == [
        (6500, 2, 13000, 0),
        (2500, 1, 2500, 0),
    ]
    # 600 by 13000 and 2500: 503 with a tax of 84, and 97 without.
    assert (abroad.is_export, abroad.choices[0].price, abroad.choices[0].taxation.shares) == (True, 516, ())


@pytest.mark.django_db
def test_in_the_eu_the_destination_decides(settings: object) -> None:
    settings.SHOP_COUNTRY = "IE"  # type: ignore[attr-defined]
    make_rate("standard", 395, None, countries=["IE", "LU"])
    lines = {country: quoted(bag_of(shirts=1, rompers=1), country).lines for country in ("IE", "LU")}
    assert [(int(line.tax_rate), line.tax) for line in lines["IE"]] == [(23, 1459), (0, 0)]
    assert [(int(line.tax_rate), line.tax) for line in lines["LU"]] == [(17, 1133), (3, 73)]
    assert [line.total for line in lines["LU"]] == [7800, 2500]


@pytest.mark.django_db
@pytest.mark.parametrize("country", ["GB", "US"])
def test_an_order_keeps_the_taxes_of_its_quote(country: str) -> None:
    make_rate("standard", 395, None, countries=["GB", "US"])
    stored = bag_of(shirts=2, rompers=1)
    agreed = quoted(stored, country)
    order = placed(stored, country)
    kept = [(line.tax_class, line.tax_rate, line.tax_total) for line in order.lines.all()]
    assert kept == [(line.tax_class, line.tax_rate, line.tax) for line in agreed.lines]
    taxation = agreed.choices[0].taxation
    assert tuple(TaxShare(tax.rate, tax.gross, tax.tax) for tax in order.taxes.all()) == taxation.shares
    assert (order.tax_country, order.tax_total) == (taxation.country, taxation.total)
    assert order.tax_country == ("GB" if country == "GB" else "")


@pytest.mark.django_db
def test_a_changed_rate_changes_no_placed_order() -> None:
    make_rate("standard", 395, None)
    stored = bag_of(shirts=1)
    placed(stored, "GB")
    TaxRate.objects.update(rate=25)
    assert quoted(stored, "GB").choices[0].taxation.total == 1639
    order = Order.objects.get()
    line = order.lines.get()
    assert (order.grand_total, order.tax_total, line.tax_rate, line.tax_total) == (8195, 1366, Decimal(20), 1300)
    assert list(order.taxes.values_list("rate", "gross", "tax")) == [(Decimal(20), 8195, 1366)]
    orders.move(order, Order.State.PAID, reason="payment received")
    invoice = issue_invoice(order.pk)
    assert invoice and invoice.content["taxes"] == [{"rate": "20", "net": 6829, "tax": 1366, "gross": 8195}]


@pytest.mark.django_db
def test_selling_where_no_rate_is_known_tells_staff_and_charges_the_same() -> None:
    make_rate("standard", 395, None)
    TaxRate.objects.all().delete()
    order = placed(bag_of(shirts=1), "GB")
    assert (order.grand_total, order.tax_total, order.tax_country) == (8195, 0, "GB")
    assert Alert.objects.get().key == "no-vat-rates:GB"


def line(tax_class: str, price: int, quantity: int, discount: int) -> LineToOrder:
    variant = ProductVariant(price=price, currency="GBP", product=Product(tax_class=tax_class))
    return LineToOrder(variant, quantity, price, discount=min(discount, price * quantity), tax_class=tax_class)


AMOUNTS = st.integers(1, 10**6)
LINES = st.lists(
    st.builds(line, st.sampled_from(list(HOME.by_class)), AMOUNTS, st.integers(1, 9), AMOUNTS | st.just(0)),
    min_size=1,
    max_size=6,
)


def priced(each: LineToOrder, levy: Levy) -> LineToOrder:
    """The line at its price there, with a discount that is not above it."""
    price = levy.unit_price(each.unit_price, each.tax_class)
    return taxed(replace(each, unit_price=price, discount=min(each.discount, price * each.quantity)), levy)


@given(LINES, st.integers(0, 10**5), st.sampled_from(["GB", ""]), st.booleans())
def test_no_unit_appears_or_disappears_in_any_quote(
    goods: list[LineToOrder], delivery: int, country: str, free: bool
) -> None:
    levy = Levy(country, HOME)
    lines = [priced(each, levy) for each in goods]
    method = ShippingMethod(code="s", name="S")
    rate = ShippingRate(method=method, price=delivery, currency="GBP", min_days=1, max_days=2)
    chosen = choice(offer(rate, 0, clock.now().date()), lines, levy, free=free)
    assert chosen.total.amount == sum(each.total - each.discount for each in lines) + chosen.price
    assert chosen.price == (0 if free else chosen.offer.price) and 0 <= chosen.offer.price <= delivery
    shares = chosen.taxation.shares
    if country:
        assert chosen.offer.price == delivery
        assert sum(share.gross for share in shares) == chosen.total.amount
        assert all(0 <= share.tax <= share.gross for share in shares)
        assert sum(share.tax for share in shares) >= sum(each.tax for each in lines)
    else:
        assert (shares, sum(each.tax for each in lines)) == ((), 0)
