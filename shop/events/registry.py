"""Who reacts to what: the whole fan-out of the shop on one screen.

Event name -> dotted paths of handlers. A handler takes an Event and runs in a transaction of its own together with
its inbox entry, so that a repeated event changes nothing. Paths, not functions: events lie below the domains.
"""

# What calls somebody outside of the database: no transaction around it, so it may be called twice for one event, by a
# crash or by two deliveries at once, and has to bear that.
REPEATABLE = frozenset({"shop.checkout.handlers.empty_bag", "shop.checkout.handlers.count_bought"})

HANDLERS: dict[str, tuple[str, ...]] = {
    "OrderPlaced": (),
    "OrderPaid": (
        "shop.orders.handlers.mail_confirmation",
        "shop.orders.handlers.tell_staff_sold",
        "shop.checkout.handlers.empty_bag",
        "shop.checkout.handlers.count_bought",
        "shop.invoices.handlers.invoice_order",
        "shop.warehouse.handlers.fill_paid",
        "shop.packing.handlers.plan_order",
    ),
    "OrderCancelled": (
        "shop.refunds.handlers.mail_cancellation",
        "shop.packing.handlers.cancel_order",
        "shop.returns.handlers.refund_exchange",
    ),
    "RefundIssued": (
        "shop.refunds.handlers.mail_refund",
        "shop.invoices.handlers.credit_refund",
        "shop.packing.handlers.follow_refund",
    ),
    "StockLow": ("shop.warehouse.handlers.mail_stock_low", "shop.suppliers.handlers.draft_low"),
    "ReorderDue": ("shop.suppliers.handlers.draft_low",),
    "StockReceived": ("shop.warehouse.handlers.fill_received",),
    "BackOrderFilled": ("shop.orders.handlers.mail_come_in", "shop.packing.handlers.plan_order"),
    "PurchaseOrderSent": ("shop.suppliers.handlers.mail_purchase_order",),
    "PackageCreated": ("shop.returns.handlers.refund_exchange",),
    "PackagingFailed": ("shop.returns.handlers.refund_exchange",),
    "ParcelShipped": ("shop.delivery.handlers.mail_shipped",),
    "DeliveryCompleted": ("shop.delivery.handlers.mail_delivered",),
    "DeliveryFailed": ("shop.delivery.handlers.mail_failed",),
    "ReturnReceived": ("shop.returns.handlers.refresh_fit",),
    "CustomerSignedUp": (),
    "MailBounced": ("shop.orders.handlers.alert_bounced",),
    "ProductChanged": ("shop.catalog.handlers.refresh_listing",),
}
