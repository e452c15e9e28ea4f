"""The demo's promotions, one of each kind and state, its running sale, and what things cost before."""

from dataclasses import replace
from datetime import datetime, timedelta

from shop.catalog.models import Category, ProductVariant
from shop.core import clock
from shop.demo.purchases import Purchase
from shop.marketing.models import Promotion, Redemption, Voucher
from shop.marketing.sale_models import PriceRecord, Sale
from shop.marketing.sales import apply_sales
from shop.marketing.services import customer_of
from shop.orders.models import Order
from shop.orders.services import LineToOrder

Kind = Promotion.Kind
# The code that one buyer was faster with than all others.
FIRST_PERCENT = 20
# An article of the sale that cost less for a week, some time before: percent off, from and until so many days ago.
DIPPED, DIP = "straight-jean", (10, 24, 17)


def first_buyer(purchases: list[Purchase]) -> str:
    """The number of the order that used up the only use of a code."""
    paid = (purchase.number for purchase in purchases if not purchase.unpaid and not purchase.cancelled)
    return next(paid, "")


def reduced(line: LineToOrder) -> LineToOrder:
    """A line with the discount of the spent code, rounded half up once."""
    return replace(line, discount=(line.total * FIRST_PERCENT + 50) // 100)


def make_promotions() -> None:
    """Codes to try, a spent and an expired one, and one for everybody. After the orders."""
    now = clock.now()
    begun = now - timedelta(days=30)
    welcome = Promotion(name="Welcome", percent=10, max_uses_per_customer=1)
    over = Promotion(name="Late summer", percent=15, starts_at=now - timedelta(days=90), ends_at=begun)
    free = Promotion(name="Free delivery", kind=Kind.FREE_DELIVERY, minimum_goods=3000)
    make(welcome, "WELCOME10")
    make(free, "FREESHIP")
    make(over, "SUMMER15")
    pieces = Promotion(name="3 for 2 on accessories", kind=Kind.BUY_GET, buy_quantity=2, free_quantity=1)
    pieces.needs_code, pieces.starts_at = False, begun
    pieces.save()
    pieces.categories.set(Category.objects.filter(slug="accessories"))
    make_spent()


def make(promotion: Promotion, code: str) -> Voucher:
    promotion.save()
    return Voucher.objects.create(promotion=promotion, code=code)


def make_spent() -> None:
    """A code for the first buyer alone, and its use."""
    order = Order.objects.filter(discount_total__gt=0).first()
    promotion = Promotion(name="First order", percent=FIRST_PERCENT, max_uses=1, uses=1 if order else 0)
    promotion.starts_at = order.placed_at - timedelta(days=1) if order else clock.now()
    voucher = make(promotion, "FIRST20")
    if order:
        Redemption.objects.create(
            promotion=promotion,
            voucher=voucher,
            order=order,
            name=promotion.name,
            code=voucher.code,
            customer=customer_of(order.email),
            amount=order.discount_total,
            currency=order.currency,
            redeemed_at=order.placed_at,
        )
        Voucher.objects.filter(pk=voucher.pk).update(uses=1)


def record_past_prices(variants: list[ProductVariant]) -> None:
    """What freshly made variants cost since they came out; the database itself records only what comes now."""
    now = clock.now()
    percent, begin, end = DIP
    records = [record(variant, variant.price, variant.created_at) for variant in variants]
    for variant in variants:
        if variant.product.slug == DIPPED:
            low = variant.price * (100 - percent) // 100
            records += [record(variant, low, now - timedelta(days=begin))]
            records += [record(variant, variant.price, now - timedelta(days=end))]
    PriceRecord.objects.bulk_create(records)


def record(variant: ProductVariant, price: int, at: datetime) -> PriceRecord:
    return PriceRecord(variant=variant, price=price, currency=variant.currency, at=at)


def make_sale() -> None:
    """A sale of denim that has run for two days, its prices set."""
    now = clock.now()
    span = {"starts_at": now - timedelta(days=2), "ends_at": now + timedelta(days=12)}
    sale = Sale.objects.create(name="Denim fortnight", percent=15, **span)
    sale.categories.set(Category.objects.filter(slug="denim"))
    apply_sales()
