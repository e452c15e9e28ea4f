"""The demo's suppliers: who sells what to the shop, and purchase orders in each state that staff work with."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.suppliers import ordering
from shop.suppliers.answering import LineAnswer, Proposed, confirm, propose
from shop.suppliers.costing import Costs, set_costs
from shop.suppliers.models import Supplier, SupplierProduct
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import Channel, PurchaseOrder
from shop.warehouse.models import StockLevel, StockLocation

# code: name, contact, country, lead time in days, minimum order in cents. All of them are invented.
SUPPLIERS = {
    "minho": ("Tecelagem Minho", "Rui Sampaio", "PT", 21, 50_000),
    "prato": ("Filatura Bisenzio", "Elena Nardi", "IT", 28, 80_000),
    "izmir": ("Ege Dokuma", "Selin Aydın", "TR", 35, 0),
}
PACK, REORDER_AT = 5, 4
# Of the price in pence: what a piece costs in cents.
COST_PERCENT = 32
# The forwarder's bill, in cents, and pounds to the euro.
COSTS = Costs(freight=18_000, duty=0, exchange_rate=Decimal("0.86"))


@transaction.atomic
def make_suppliers(variants: list[ProductVariant]) -> None:
    """Suppliers for those of the variants that have no source yet, a reorder point each, and three orders.

    Wants colour, size, product and `available` loaded.
    """
    if Supplier.objects.exists() or not variants:
        return
    suppliers = [make_supplier(code) for code in SUPPLIERS]
    sources = [source_of(variant, suppliers[variant.product_id % len(suppliers)]) for variant in variants]
    SupplierProduct.objects.bulk_create(sources, batch_size=5000)
    main = StockLocation.objects.order_by("position", "pk")[0]
    levels = StockLevel.objects.filter(location=main, variant__in=variants)
    levels.update(reorder_point=REORDER_AT)
    make_purchases(suppliers, main, [variant for variant in variants if variant.available <= 0])


def make_supplier(code: str) -> Supplier:
    name, contact, country, lead, minimum = SUPPLIERS[code]
    return Supplier.objects.create(
        code=code,
        name=name,
        contact_name=contact,
        country=country,
        lead_time_days=lead,
        minimum_order=minimum,
        email=f"orders@{code}.example",
        currency="EUR",
        payment_terms="30 days net",
    )


def source_of(variant: ProductVariant, supplier: Supplier) -> SupplierProduct:
    return SupplierProduct(
        supplier=supplier,
        variant=variant,
        supplier_sku=f"{supplier.code[:2].upper()}-{variant.pk:05}",
        cost=variant.price * COST_PERCENT // 100,
        pack_size=PACK,
    )


def make_purchases(suppliers: list[Supplier], main: StockLocation, sold_out: list[ProductVariant]) -> None:
    """One confirmed, one with a proposal to answer, one to approve."""
    for supplier, finish in zip(suppliers, (confirmed, proposed, left), strict=True):
        mine = [v for v in sold_out if suppliers[v.product_id % len(suppliers)] == supplier][:8]
        if mine:
            order = ordering.draft(supplier=supplier, location=main, units={variant.pk: 40 for variant in mine})
            set_costs(order.pk, COSTS, Who())
            finish(order)


def confirmed(order: PurchaseOrder) -> None:
    sent = ordering.approve(order.pk, actor=None, below_minimum=True)
    day = timezone.localdate() + timedelta(days=order.supplier.lead_time_days)
    confirm(sent.pk, [LineAnswer(line.pk, line.quantity, day) for line in sent.lines.all()], Who(Channel.LINK))


def proposed(order: PurchaseOrder) -> None:
    sent = ordering.approve(order.pk, actor=None, below_minimum=True)
    line = sent.lines.all()[0]
    day = timezone.localdate() + timedelta(days=2 * order.supplier.lead_time_days)
    propose(sent.pk, [Proposed(line.pk, 20, line.unit_cost, day, "20 now, the yarn is late")], Who(Channel.LINK))


def left(order: PurchaseOrder) -> None:
    """Stays a draft."""
