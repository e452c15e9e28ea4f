"""One row of everything that has pages in the staff site, for tests that open all of its addresses."""

from django.contrib.auth.models import Group
from django.db.models import Model

from shop.alerts.models import Alert
from shop.bulk.tests.builders import planned
from shop.catalog.models import SizeChart
from shop.core import clock
from shop.delivery.shipment_models import Shipment, ShipmentLabel, ShippingClosure
from shop.events.models import OutboxEvent
from shop.imports.services import upload
from shop.invoices.services import issue_invoice
from shop.invoices.tests.builders import make_paid_order, make_refund
from shop.mail.models import MailRefusal, OutgoingMail
from shop.marketing.models import Redemption
from shop.operations.models import Release, RestoreDrill
from shop.orders.record_models import OrderHold
from shop.packing.models import PackingTask, Wave
from shop.payments.models import Dispute, ProviderEvent, Refund
from shop.returns.tests.builders import make_return
from shop.suppliers.tests.builders import purchase_rows
from shop.tax.models import TaxRate
from shop.tests.builders import make_location, make_promotion, make_rate, make_sale, make_stock, make_user, make_voucher
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder, StockCount, Transfer


def one_of_each() -> dict[type[Model], Model]:
    """A row of each table, by its model: those of one paid order and its variant, and what staff keep beside it."""
    line = make_paid_order().lines.select_related("order", "variant__product__category", "variant__size").get()
    order, variant = line.order, line.variant
    assert variant is not None
    level = make_stock(variant, 5)
    promotion = make_promotion(needs_code=True)
    voucher = make_voucher(promotion=promotion)
    paid = order.payment_attempts.get()
    named = {"promotion": promotion, "voucher": voucher, "order": order, "customer": order.email}
    rows: list[Model] = [
        *(order, paid, variant, variant.product, variant.product.category, variant.colour, variant.size),
        *(variant.size.system, level, level.location, level.movements.get(), promotion, voucher, make_sale()),
        make_user("carl@example.org", full_name="Carl"),
        Group.objects.get(name="analyst"),
        Reservation.objects.create(level=level, order_line=line, quantity=1),
        PackingTask.objects.create(order=order, location=level.location),
        Wave.objects.create(location=level.location),
        make_refund(order, state=Refund.State.FAILED, free=100, done_at=None),
        Dispute.objects.create(attempt=paid, provider_id="dp_1", state="needs_response", amount=100, currency="GBP"),
        ProviderEvent.objects.create(provider="stripe", event_id="evt_1", type="charge.updated", payload={}),
        OrderHold.objects.create(order=order, kind=OrderHold.Kind.REVIEW, source="prv_1"),
        Alert.objects.create(area=Alert.Area.STOCK, key="stock", title="Short", advice="Count", order=order),
        OutboxEvent.objects.create(name="OrderPlaced", detail={}),
        OutgoingMail.objects.create(key="k", to="carl@example.org", subject="S", text="T"),
        MailRefusal.objects.create(email="gone@example.org", kind=MailRefusal.Kind.BOUNCE, feedback_id="f"),
        Redemption.objects.create(**named, name="Spring", amount=100, currency="GBP"),
        SizeChart.objects.create(name="Aprons", garment="apron"),
        TaxRate.objects.create(country="GB", rate=20, valid_from=clock.now().date()),
        make_rate().method,
        BackOrder.objects.create(order_line=line, variant=variant, quantity=1),
        Transfer.objects.create(source=level.location, destination=make_location("far", 1)),
        StockCount.objects.create(location=level.location),
        *purchase_rows(),
        make_return(line),
        planned(variant),
        RestoreDrill.objects.create(scratch="restore_drill_1"),
        Release.objects.create(run="1", stage="dev", outcome="live", began_at=clock.now(), ended_at=clock.now()),
    ]
    shipment = Shipment.objects.create(order=order, location=level.location)
    ShipmentLabel.objects.create(shipment=shipment, pdf=b"%PDF-1")
    rows += [shipment, ShippingClosure.objects.create(day=clock.now().date(), reason="Stock-taking")]
    invoice = issue_invoice(order.pk)
    assert invoice is not None
    file = f"sku,price\n{variant.sku},99\n".encode()
    rows.append(upload(kind="variants", name="prices.csv", content=file, user=make_user("i@example.org")))
    return {type(row): row for row in [*rows, invoice]}
