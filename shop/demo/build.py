"""The demo shop, step by step. Each step adds what is missing, so that an interrupted run is completed by the next."""

from dataclasses import dataclass
from typing import TextIO

from django.db import transaction

from shop.catalog import listings
from shop.catalog.models import Product, ProductVariant
from shop.core.errors import ShopError
from shop.demo.catalogue import make_catalogue
from shop.demo.copies import make_copies
from shop.demo.delivery import make_delivery
from shop.demo.drawing import View
from shop.demo.orders import have_orders, make_orders
from shop.demo.packing import make_packing
from shop.demo.parcels import make_parcels
from shop.demo.pictures import VIEWS, make_pictures
from shop.demo.promotions import make_promotions, make_sale
from shop.demo.returns import make_returns
from shop.demo.source import Article, articles
from shop.demo.staff import make_staff
from shop.demo.stock import make_stock
from shop.demo.suppliers import make_suppliers
from shop.demo.warehouse import make_warehouse
from shop.orders.models import Order


@dataclass(frozen=True)
class Plan:
    """How much to build. Only tests ask for less than everything."""

    products: int | None = None
    orders: int = 200
    scale: int = 1
    views: tuple[View, ...] = VIEWS

    @property
    def articles(self) -> tuple[Article, ...]:
        return articles()[: self.products]


def build(plan: Plan, stream: TextIO) -> bool:
    """Complete the demo shop; returns whether anything was missing.

    Raises ShopError, with nothing changed, in a shop that is not the demo's. In a complete one only lost picture
    files are drawn again and copies added: what staff have changed or deleted since stays so.
    """
    if have_orders():
        changed = make_pictures(plan.articles, stream, views=plan.views, record_new=False) > 0
    else:
        changed = True
        build_originals(plan, stream)
    return make_copies(plan.articles, plan.scale, stream) or changed


def build_originals(plan: Plan, stream: TextIO) -> None:
    """Each step adds what an earlier run has not."""
    refuse_real_shop()
    make_catalogue(plan.articles)
    make_stock(variants_of(plan.articles))
    make_delivery()
    make_staff()
    make_pictures(plan.articles, stream, views=plan.views)
    finish(plan)


@transaction.atomic
def finish(plan: Plan) -> None:
    """The last step, whole or not at all: orders and what came of them, prices, suppliers, the warehouse, listings."""
    variants = variants_of(plan.articles)
    make_orders(plan.orders, variants)
    make_packing()
    make_parcels()
    make_returns()
    make_promotions()
    make_sale()
    make_suppliers(variants)
    make_warehouse(variants)
    listings.refresh({variant.product_id for variant in variants})


def variants_of(some: tuple[Article, ...]) -> list[ProductVariant]:
    """The articles' variants with their products, colours, sizes and what is available of each."""
    found = ProductVariant.objects.filter(product__slug__in=[article.slug for article in some])
    return list(found.select_related("product", "colour", "size").with_available().order_by("pk"))


def refuse_real_shop() -> None:
    """Raise ShopError where products or orders are there that no demo made."""
    if not begun() and (Product.objects.exists() or Order.objects.exists()):
        raise ShopError("This shop has products or orders of its own, so the demo stays out. Use an empty database.")


def begun() -> bool:
    """Whether the demo was begun here: its first article is there under its own SKU."""
    first = articles()[0]
    return ProductVariant.objects.filter(sku=first.sku(first.colourways[0], first.sizes[0])).exists()


def interrupted() -> bool:
    """Whether a demo was begun here and not completed. Two small queries."""
    return begun() and not have_orders()
