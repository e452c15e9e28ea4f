"""Builders of test data: plain functions with sane defaults, each returning the saved row."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from shop.accounts.models import User
from shop.catalog.models import Category, Colour, Product, ProductVariant, Size, SizeSystem
from shop.core import clock
from shop.core.numbers import secret_key
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.marketing.models import Promotion, Voucher
from shop.marketing.sale_models import Sale
from shop.orders import services as orders
from shop.orders.models import Order
from shop.warehouse.models import StockLevel, StockLocation, StockMovement

_numbers = count(1)


def make_category(name: str = "Shirts", slug: str = "shirts", **fields: Any) -> Category:
    return Category.objects.get_or_create(slug=slug, defaults={"name": name, **fields})[0]


def make_colour(name: str = "Sky", family: str = Colour.Family.BLUE, hex: str = "#a9bccd") -> Colour:
    slug = name.lower().replace(" ", "-")
    return Colour.objects.get_or_create(slug=slug, defaults={"name": name, "family": family, "hex": hex})[0]


def make_size(name: str = "M") -> Size:
    system = SizeSystem.objects.get_or_create(name="Letters", defaults={"label": "UK / regular"})[0]
    order = ["XS", "S", "M", "L", "XL", "XXL", "One size"]
    return Size.objects.get_or_create(system=system, name=name, defaults={"position": order.index(name)})[0]


def make_product(name: str = "Quarry Linen Shirt", **fields: Any) -> Product:
    defaults = {
        "slug": f"{name.lower().replace(' ', '-')}-{next(_numbers)}",
        "description": "Midweight washed linen.",
        "published_at": clock.now(),
    }
    return Product.objects.create(
        name=name, category=fields.pop("category", None) or make_category(), **{**defaults, **fields}
    )


def make_variant(product: Product | None = None, *, stock: int = 10, **fields: Any) -> ProductVariant:
    """A variant with that many units at the default location (and the receipt in the ledger)."""
    defaults = {
        "colour": fields.pop("colour", None) or make_colour(),
        "size": fields.pop("size", None) or make_size(),
        "sku": f"SKU-{next(_numbers)}",
        "price": 7800,
    }
    variant = ProductVariant.objects.create(product=product or make_product(), **{**defaults, **fields})
    if stock:
        make_stock(variant, stock)
    return variant


def make_location(code: str = "main", position: int = 0) -> StockLocation:
    defaults = {"name": code.title(), "position": position}
    return StockLocation.objects.get_or_create(code=code, defaults=defaults)[0]


def make_stock(variant: ProductVariant, on_hand: int, location: StockLocation | None = None) -> StockLevel:
    level = StockLevel.objects.create(variant=variant, location=location or make_location(), on_hand=on_hand)
    StockMovement.objects.create(level=level, kind=StockMovement.Kind.RECEIPT, on_hand_change=on_hand)
    return level


def make_rate(code: str = "standard", price: int = 395, free_over: int | None = 7500, **fields: Any) -> ShippingRate:
    method = ShippingMethod.objects.get_or_create(code=code, defaults={"name": code.title()})[0]
    defaults = {"countries": ["GB"], "min_days": 2, "max_days": 4}
    return ShippingRate.objects.create(method=method, price=price, free_over=free_over, **{**defaults, **fields})


def make_promotion(**fields: Any) -> Promotion:
    """10 percent off everything for a code, begun yesterday, without limits."""
    products, categories = fields.pop("products", []), fields.pop("categories", [])
    defaults = {"name": "Spring offer", "kind": Promotion.Kind.PERCENT, "percent": 10}
    begun = {"starts_at": clock.now() - timedelta(days=1)}
    promotion = Promotion.objects.create(**{**defaults, **begun, **fields})
    promotion.products.set(products)
    promotion.categories.set(categories)
    return promotion


def make_voucher(code: str = "TEN", promotion: Promotion | None = None, **fields: Any) -> Voucher:
    return Voucher.objects.create(code=code, promotion=promotion or make_promotion(), **fields)


def make_sale(percent: int = 20, *, products: Sequence[Product] = (), **fields: Any) -> Sale:
    """A sale of these products (none: of everything), begun yesterday and open for a week."""
    categories = fields.pop("categories", [])
    span = {"starts_at": clock.now() - timedelta(days=1), "ends_at": clock.now() + timedelta(days=7)}
    sale = Sale.objects.create(percent=percent, **{"name": f"{percent} off", **span, **fields})
    sale.products.set(products)
    sale.categories.set(categories)
    return sale


def make_user(email: str = "alice@example.org", password: str = "a-long-password-1", **fields: Any) -> User:
    """A customer with a confirmed e-mail; email_confirmed_at=None makes one who has still to confirm."""
    return User.objects.create_user(email, password, **{"email_confirmed_at": clock.now(), **fields})


def make_recipient(**fields: Any) -> orders.Recipient:
    defaults = {"email": "sam@example.com", "full_name": "Sam Okafor", "country": "GB"}
    place = {"address": "14 Navarino Road", "city": "London", "postcode": "E8 3PN"}
    return orders.Recipient(**{**defaults, **place, **fields})


def make_order(*variants: ProductVariant, quantity: int = 1, placement_key: str = "", **recipient: Any) -> Order:
    """A PENDING order of that many of each variant (one is made where none is named); no stock is reserved."""
    return orders.create(
        placement_key=placement_key or secret_key(),
        lines=[orders.LineToOrder(variant, quantity, variant.price) for variant in variants or [make_variant()]],
        recipient=make_recipient(**recipient),
        delivery=orders.DeliveryTerms("standard", "Standard", 395),
    )
