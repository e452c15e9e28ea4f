"""The data model on one page: every model of the shop, by domain. Domain code imports from the domain itself."""

from shop.accounts.customer_models import Address, Consent
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, RateLimit, RecoveryCode, SignIn, TotpDevice
from shop.accounts.staff_models import SavedFilter
from shop.activity.models import ActivityCount, CountedOnce
from shop.alerts.models import Alert
from shop.bulk.models import BulkChange
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
from shop.delivery.shipment_models import Shipment, ShipmentLabel, ShipmentLine, ShippingClosure, TrackingEvent
from shop.edge.models import EdgePurge
from shop.events.models import InboxEntry, OutboxEvent
from shop.imports.models import DataImport, ImportProblem
from shop.invoices.models import Document, DocumentCounter
from shop.mail.models import MailAttachment, MailRefusal, OutgoingMail
from shop.marketing.models import Promotion, Redemption, Voucher
from shop.marketing.sale_models import PriceRecord, Sale, SalePrice
from shop.operations.models import Release, RestoreDrill
from shop.orders.models import Order, OrderLine, OrderStateChange, OrderTax
from shop.orders.record_models import OrderHold, OrderRequest
from shop.packing.models import PackingLine, PackingTask, Scan, Wave
from shop.payments.models import Dispute, PaymentAttempt, ProviderCall, ProviderEvent, Refund, RefundLine
from shop.returns.models import Return, ReturnLine, ReturnStep
from shop.suppliers.models import Supplier, SupplierProduct
from shop.suppliers.purchase_models import (
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderNote,
    PurchaseProposal,
    SupplierFile,
)
from shop.tax.models import TaxRate
from shop.warehouse.models import Reservation, StockLevel, StockLocation, StockMovement
from shop.warehouse.moving_models import BackOrder, StockCount, StockCountLine, Transfer, TransferLine
from shop.wishlist.models import WishItem, WishList

__all__ = [
    "AccountEvent",
    "ActivityCount",
    "Address",
    "Alert",
    "BackOrder",
    "BulkChange",
    "Cart",
    "CartLine",
    "CatalogVersion",
    "Category",
    "Colour",
    "Consent",
    "CountedOnce",
    "DataImport",
    "Dispute",
    "Document",
    "DocumentCounter",
    "EdgePurge",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "ImportProblem",
    "InboxEntry",
    "MailAttachment",
    "MailRefusal",
    "Order",
    "OrderHold",
    "OrderLine",
    "OrderRequest",
    "OrderStateChange",
    "OrderTax",
    "OutboxEvent",
    "OutgoingMail",
    "PackingLine",
    "PackingTask",
    "PaymentAttempt",
    "PriceRecord",
    "Product",
    "ProductImage",
    "ProductListing",
    "ProductVariant",
    "Promotion",
    "ProviderCall",
    "ProviderEvent",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseOrderNote",
    "PurchaseProposal",
    "RateLimit",
    "RecoveryCode",
    "Redemption",
    "Refund",
    "RefundLine",
    "Release",
    "Reservation",
    "RestoreDrill",
    "Return",
    "ReturnLine",
    "ReturnStep",
    "Sale",
    "SalePrice",
    "SavedFilter",
    "Scan",
    "Shipment",
    "ShipmentLabel",
    "ShipmentLine",
    "ShippingClosure",
    "ShippingMethod",
    "ShippingRate",
    "SignIn",
    "Size",
    "SizeChart",
    "SizeChartEntry",
    "SizeSystem",
    "StockCount",
    "StockCountLine",
    "StockLevel",
    "StockLocation",
    "StockMovement",
    "Supplier",
    "SupplierFile",
    "SupplierProduct",
    "TaxRate",
    "TotpDevice",
    "TrackingEvent",
    "Transfer",
    "TransferLine",
    "User",
    "Voucher",
    "Wave",
    "WishItem",
    "WishList",
]
