"""The data model on one page: every model of the shop, by domain. Domain code imports from the domain itself."""

from shop.accounts.models import User
from shop.cart.models import Cart, CartLine
from shop.catalog.models import (
    CatalogVersion,
    Category,
    Colour,
    Product,
    ProductImage,
    ProductListing,
    ProductVariant,
    Size,
    SizeChart,
    SizeChartEntry,
    SizeSystem,
)
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.events.models import InboxEntry, OutboxEvent
from shop.mail.models import OutgoingMail
from shop.orders.models import Order, OrderLine, OrderStateChange
from shop.payments.models import PaymentAttempt, ProviderEvent
from shop.warehouse.models import Reservation, StockLevel, StockLocation, StockMovement

__all__ = [
    "Cart",
    "CartLine",
    "CatalogVersion",
    "Category",
    "Colour",
    "InboxEntry",
    "Order",
    "OrderLine",
    "OrderStateChange",
    "OutboxEvent",
    "OutgoingMail",
    "PaymentAttempt",
    "Product",
    "ProductImage",
    "ProductListing",
    "ProductVariant",
    "ProviderEvent",
    "Reservation",
    "ShippingMethod",
    "ShippingRate",
    "Size",
    "SizeChart",
    "SizeChartEntry",
    "SizeSystem",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "User",
]
