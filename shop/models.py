"""The data model on one page: every model of the shop, by domain. Domain code imports from the domain itself."""

from shop.accounts.customer_models import Address, Consent
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, RateLimit, RecoveryCode, SignIn, TotpDevice
from shop.alerts.models import Alert
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
from shop.invoices.models import Document, DocumentCounter
from shop.mail.models import OutgoingMail
from shop.marketing.models import Promotion, Redemption, Voucher
from shop.marketing.sale_models import PriceRecord, Sale, SalePrice
from shop.orders.models import Order, OrderHold, OrderLine, OrderRequest, OrderStateChange, OrderTax
from shop.payments.models import Dispute, PaymentAttempt, ProviderCall, ProviderEvent, Refund, RefundLine
from shop.tax.models import TaxRate
from shop.warehouse.models import Reservation, StockLevel, StockLocation, StockMovement
from shop.wishlist.models import WishItem, WishList

__all__ = [
    "AccountEvent",
    "Address",
    "Alert",
    "Cart",
    "CartLine",
    "CatalogVersion",
    "Category",
    "Colour",
    "Consent",
    "Dispute",
    "Document",
    "DocumentCounter",
    "InboxEntry",
    "Order",
    "OrderHold",
    "OrderLine",
    "OrderRequest",
    "OrderStateChange",
    "OrderTax",
    "OutboxEvent",
    "OutgoingMail",
    "PaymentAttempt",
    "PriceRecord",
    "Product",
    "ProductImage",
    "ProductListing",
    "ProductVariant",
    "Promotion",
    "ProviderCall",
    "ProviderEvent",
    "RateLimit",
    "RecoveryCode",
    "Redemption",
    "Refund",
    "RefundLine",
    "Reservation",
    "Sale",
    "SalePrice",
    "ShippingMethod",
    "ShippingRate",
    "SignIn",
    "Size",
    "SizeChart",
    "SizeChartEntry",
    "SizeSystem",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "TaxRate",
    "TotpDevice",
    "User",
    "Voucher",
    "WishItem",
    "WishList",
]
