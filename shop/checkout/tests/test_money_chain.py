"""From the bag to the last credit note: what was charged is what was quoted, taxed, paid back and credited."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from shop.cart import services as cart
from shop.cart.stores import StoredCart, StoredLine, store
from shop.checkout.quote import quote
from shop.checkout.services import place_order, shown
from shop.checkout.tests.paying_builders import FakeProvider, pay
from shop.core.money import smallest_step
from shop.core.numbers import secret_key
from shop.invoices.content import read_shares
from shop.invoices.models import Document
from shop.invoices.services import issue_credit_note
from shop.marketing.models import Promotion
from shop.orders.models import Order, OrderLine
from shop.payments.models import PaymentAttempt, Refund
from shop.payments.refunds import send
from shop.refunds.amounts import Left, LineRefund, left_of
from shop.refunds.services import cancel_paid, request_refund
from shop.tax.amounts import by_rate
from shop.tax.models import TaxRate
from shop.tests.builders import make_product, make_promotion, make_rate, make_recipient, make_variant, make_voucher

Kind = Promotion.Kind
PIECES = st.tuples(st.integers(50, 99_999), st.integers(1, 5), st.sampled_from(["standard", "children"]))
# The rates of the two classes at home, in thousandths of a percent.
HOME_THOUSANDTHS = {"standard": 20_000, "children": 5_500}
VOUCHERS = st.one_of(
    st.none(),
    st.fixed_dictionaries({"kind": st.just(Kind.PERCENT), "percent": st.integers(1, 90)}),
    st.fixed_dictionaries({"kind": st.just(Kind.AMOUNT), "percent": st.none(), "amount": st.integers(1, 9_999)}),
    st.just({"kind": Kind.FREE_DELIVERY, "percent": None}),
    st.just({"kind": Kind.BUY_GET, "percent": None, "buy_quantity": 2, "free_quantity": 1}),
)


@dataclass(frozen=True)
class Purchase:
    """pieces: price in smallest payable steps, quantity and tax class of each line; voucher: a promotion's terms."""

    pieces: list[tuple[int, int, str]]
    voucher: dict[str, object] | None
    country: str


PURCHASES = st.builds(Purchase, st.lists(PIECES, min_size=1, max_size=3), VOUCHERS, st.sampled_from(["GB", "US"]))


def bag_of(purchase: Purchase, step: int) -> StoredCart:
    key = secret_key()
    for steps, quantity, tax_class in purchase.pieces:
        variant = make_variant(make_product(tax_class=tax_class), price=steps * step)
        store().add(key, StoredLine(variant.pk, quantity, variant.price))
    if purchase.voucher:
        terms = {name: value * step if name == "amount" else value for name, value in purchase.voucher.items()}  # type: ignore[operator]
        store().set_code(key, make_voucher(key[:12].upper(), make_promotion(**terms)).code)
    found = store().load(key)
    assert found
    return found


def ordered(stored: StoredCart, country: str) -> Order:
    """Placed at its quote, all of whose figures it keeps."""
    quoted = quote(cart.price(stored), country)
    order = place_order(
        stored=stored,
        placement_key=stored.placement_key,
        recipient=make_recipient(country=country),
        method="standard",
        seen=shown(quoted),
    )
    chosen = quoted.choices[0]
    assert (order.grand_total, order.tax_total) == (chosen.total.amount, chosen.tax.amount)
    assert [line.charged for line in order.lines.all()] == [line.charged for line in quoted.lines]
    return order


def half_up(gross: int, thousandths: int) -> int:
    """The tax in an amount at so many thousandths of a percent, in whole numbers alone."""
    return (2 * gross * thousandths + 100_000 + thousandths) // (2 * (100_000 + thousandths))


def due_for_one(line: OrderLine, country: str, step: int) -> int:
    """The price; abroad less the home tax in it, as the nearest amount that can be paid."""
    assert line.variant
    price = line.variant.price
    if country == "GB":
        return price
    net = price - half_up(price, HOME_THOUSANDTHS[line.tax_class])
    return (2 * net + step) // (2 * step) * step


def check_figures(order: Order, step: int) -> None:
    """The stored order adds up: in all, line by line, and rate by rate."""
    lines = list(order.lines.all())
    assert order.grand_total == sum(line.line_total - line.discount_total for line in lines) + order.delivery_charged
    # The discount includes that of the delivery.
    assert order.grand_total == order.lines_total + order.delivery_total - order.discount_total
    assert order.grand_total % step == 0 < order.grand_total
    assert all(line.charged >= 0 and line.discount_total >= 0 for line in lines)
    assert order.delivery_charged >= 0
    assert all(line.tax_total == half_up(line.charged, int(line.tax_rate * 1000)) for line in lines)
    taxes = list(order.taxes.all())
    assert order.tax_total == sum(tax.tax for tax in taxes)
    assert all(line.unit_price == due_for_one(line, order.country, step) for line in lines)
    if order.country != "GB":
        assert not taxes and order.tax_total == 0 and not any(line.tax_rate for line in lines)
        return
    assert sum(tax.gross for tax in taxes) == order.grand_total
    for tax in taxes:
        same = [line for line in lines if line.tax_rate == tax.rate]
        delivery = tax.gross - sum(line.charged for line in same)
        assert delivery >= 0
        assert tax.tax == sum(line.tax_total for line in same) + half_up(delivery, int(tax.rate * 1000))


def left(order: Order) -> Left:
    return left_of(order, PaymentAttempt.objects.filter(order=order))


def refund_somehow(order: Order, data: st.DataObject, step: int) -> list[Refund]:
    """Some units and some of the delivery; none where these were free of charge."""
    now = left(order)
    units = {pk: data.draw(st.integers(0, line.units)) for pk, line in now.lines.items()}
    delivery = data.draw(st.integers(0, now.delivery // step)) * step
    return asked(order, now, units, delivery)


def asked(order: Order, now: Left, units: dict[int, int], delivery: int) -> list[Refund]:
    wanted = [LineRefund(pk, some, restock=True) for pk, some in units.items() if some]
    if not sum(piece.amount for piece in now.pieces(wanted, delivery, 0)):
        return []
    return request_refund(
        order=order, lines=wanted, delivery=delivery, reason=Refund.Reason.RETURNED, note="", actor=None
    )


def refund_the_rest(order: Order, *, cancels: bool) -> list[Refund]:
    """All that is left, by cancelling or by naming each unit."""
    if cancels:
        return cancel_paid(order=order, actor=None, reason="x")
    now = left(order)
    return asked(order, now, {pk: line.units for pk, line in now.lines.items()}, now.delivery)


def check_refunds(order: Order, refunds: Sequence[Refund], step: int) -> None:
    """All that was charged went back: of each line, of the delivery, and nothing for no line."""
    attempt = PaymentAttempt.objects.get(order=order)
    assert sum(refund.amount for refund in refunds) == attempt.refunded_amount == order.grand_total
    assert all(refund.amount > 0 and refund.amount % step == 0 and refund.free_amount == 0 for refund in refunds)
    assert sum(refund.delivery_amount for refund in refunds) == order.delivery_charged
    for line in order.lines.all():
        amounts = list(line.refund_lines.values_list("amount", flat=True))
        assert sum(amounts) == line.charged and min(amounts, default=0) >= 0


def check_credit_notes(order: Order, refunds: Sequence[Refund]) -> None:
    """One of each refund, which together are the invoice, rate by rate."""
    notes = [note for refund in refunds if (note := issue_credit_note(refund.pk))]
    assert [note.gross for note in notes] == [refund.amount for refund in refunds]
    invoice = Document.objects.get(order=order, kind=Document.Kind.INVOICE)
    assert (invoice.gross, invoice.tax) == (order.grand_total, order.tax_total)
    shares = [share for note in notes for share in read_shares(note.content)]
    assert all(share.gross > 0 and share.tax >= 0 for share in shares)
    assert by_rate(shares) == by_rate(read_shares(invoice.content))


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["GBP", "JPY", "KWD"])
def test_what_is_charged_is_quoted_taxed_paid_back_and_credited_to_the_unit(
    fake: FakeProvider, settings: Settings, currency: str
) -> None:
    settings.SHOP_CURRENCY = currency
    step = smallest_step(currency)
    make_rate("standard", 390, None, countries=["GB", "US"])
    TaxRate.objects.filter(country="GB", tax_class="children").update(rate="5.5")

    # Every example makes rows of its own inside the test's transaction. Shrinking one that fails would take minutes.
    @hypothesis_settings(
        max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(purchase=PURCHASES, steps=st.integers(0, 3), cancels=st.booleans(), data=st.data())
    def holds(purchase: Purchase, steps: int, cancels: bool, data: st.DataObject) -> None:
        order = ordered(bag_of(purchase, step), purchase.country)
        check_figures(Order.objects.get(pk=order.pk), step)
        pay(fake, order)
        refunds = [refund for _ in range(steps) for refund in refund_somehow(order, data, step)]
        if left(order).total:
            refunds += refund_the_rest(order, cancels=cancels)
        refunds = [send(refund.pk) for refund in refunds]
        check_refunds(order, refunds, step)
        check_credit_notes(order, refunds)

    holds()
