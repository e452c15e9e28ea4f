"""What hangs on the rows of one_of_each(), so that copies of it make every page long."""

from typing import Any

from django.db.models import Model

from shop.accounts.customer_models import Address, Consent
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.alerts.models import Alert
from shop.catalog.models import ProductVariant, Size, SizeChart, SizeChartEntry
from shop.core import clock
from shop.delivery.shipment_models import Shipment, ShipmentLine, TrackingEvent
from shop.imports.models import DataImport, ImportProblem
from shop.invoices.models import Document
from shop.mail.models import OutgoingMail
from shop.orders.models import Order
from shop.orders.record_models import OrderRequest
from shop.packing.models import PackingLine, PackingTask, Scan
from shop.payments.models import PaymentAttempt, ProviderCall, ProviderEvent, Refund, RefundLine
from shop.warehouse.models import Reservation, StockLevel, StockMovement
from shop.warehouse.moving_models import StockCount, StockCountLine, Transfer, TransferLine

# Tables that stay short however much is sold: a few dozen rows that people think about one by one.
SHORT = (
    "auth_group",
    "shop_category",
    "shop_colour",
    "shop_shippingmethod",
    "shop_shippingrate",
    "shop_size",
    "shop_sizesystem",
    "shop_stocklocation",
    "shop_taxrate",
)
Rows = dict[type[Model], Model]


def more_of_each(rows: Rows) -> Rows:
    """One row of each table that is shown inside another's page, or looked up there."""
    order: Any = rows[Order]
    line = order.lines.get()
    got: Any = rows.__getitem__
    level, person = got(StockLevel), got(User)
    note = {"order_line": line, "quantity": 1}
    PackingLine.objects.create(task=got(PackingTask), reservation=got(Reservation), **note)
    Scan.objects.create(task=got(PackingTask), code="X", outcome="unknown", actor=person)
    ShipmentLine.objects.create(shipment=got(Shipment), level=level, **note)
    TrackingEvent.objects.create(shipment=got(Shipment), kind="in-transit")
    TransferLine.objects.create(transfer=got(Transfer), variant=got(ProductVariant), quantity=1)
    StockCountLine.objects.create(count=got(StockCount), level=level)
    RefundLine.objects.create(refund=got(Refund), amount=100, **note)
    ProviderCall.objects.create(attempt=got(PaymentAttempt), provider="stripe", operation="refund")
    ProviderEvent.objects.update(attempt=got(PaymentAttempt))
    OrderRequest.objects.create(order=order, what="placed", outcome="open")
    StockMovement.objects.create(level=level, kind="reserve", reserved_change=1, document=order.number, actor=person)
    OutgoingMail.objects.update(about=order.number)
    Alert.objects.update(closed_by=person)
    AccountEvent.objects.create(user=person, kind="signed-in", at=clock.now())
    Consent.objects.create(user=person, email=person.email, purpose="news", given=True, source="staff", words="News")
    Address.objects.create(user=person, full_name="Carl", country="GB", address="1 High St", city="York", postcode="Y1")
    SizeChartEntry.objects.create(chart=got(SizeChart), size=got(Size), measurement="Chest", millimetres=900)
    ImportProblem.objects.create(parent=got(DataImport), row=1, column="price", message="No price")
    assert Document.objects.exists()
    return rows
