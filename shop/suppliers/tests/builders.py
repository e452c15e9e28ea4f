"""Builders of suppliers and purchase orders."""

from datetime import timedelta
from itertools import count
from typing import Any

from django.db.models import Model
from django.utils import timezone

from shop.catalog.models import ProductVariant
from shop.suppliers import ordering
from shop.suppliers.answering import LineAnswer, Proposed, confirm, propose
from shop.suppliers.models import Supplier, SupplierProduct
from shop.suppliers.moves import Who
from shop.suppliers.purchase_models import Channel, GoodsReceipt, PurchaseOrder, PurchaseProposal, SupplierFile
from shop.tests.builders import make_location, make_variant

_numbers = count(1)
PDF = b"%PDF-1.7 an invoice"


def make_supplier(**fields: Any) -> Supplier:
    """Tecelagem Minho, paid in euros."""
    number = next(_numbers)
    defaults = {"name": "Tecelagem Minho", "code": f"minho-{number}", "email": "orders@minho.example"}
    return Supplier.objects.create(**{**defaults, "country": "PT", "currency": "EUR", **fields})


def make_source(variant: ProductVariant, supplier: Supplier, **fields: Any) -> SupplierProduct:
    """The preferred one, unless the variant has such a source already."""
    first = not variant.sources.filter(is_preferred=True).exists()
    defaults = {"supplier_sku": f"TM-{variant.sku}", "cost": 2140, "is_preferred": first}
    return SupplierProduct.objects.create(variant=variant, supplier=supplier, **{**defaults, **fields})


def make_purchase(
    *variants: ProductVariant, units: int = 20, supplier: Supplier | None = None, **fields: Any
) -> PurchaseOrder:
    """A draft of that many of each variant (one without stock is made where none is named)."""
    supplier = supplier or make_supplier()
    wanted = variants or (make_variant(stock=0),)
    for variant in wanted:
        if not SupplierProduct.objects.filter(supplier=supplier, variant=variant).exists():
            make_source(variant, supplier)
    order = ordering.draft(supplier=supplier, location=make_location(), units={v.pk: units for v in wanted})
    for name, value in fields.items():
        setattr(order, name, value)
    order.save()
    return order


def make_sent(*variants: ProductVariant, **fields: Any) -> PurchaseOrder:
    return ordering.approve(make_purchase(*variants, **fields).pk, actor=None)


def make_confirmed(*variants: ProductVariant, days: int = 14, **fields: Any) -> PurchaseOrder:
    """Sent, and confirmed whole for so many days from today."""
    order = make_sent(*variants, **fields)
    day = timezone.localdate() + timedelta(days=days)
    return confirm(order.pk, [LineAnswer(line.pk, line.quantity, day) for line in order.lines.all()], Who(Channel.LINK))


def purchase_rows() -> list[Model]:
    """One row of each table of this domain that the staff site shows, of a draft."""
    order = make_purchase()
    line = order.lines.get()
    sent = make_sent()
    other = sent.lines.get()
    propose(sent.pk, [Proposed(other.pk, 10, 2140)], Who(Channel.LINK))
    proposal = PurchaseProposal.objects.get(line=other)
    # On the draft: what an address takes must belong together.
    proposal.line = line
    proposal.save(update_fields=["line"])
    file = SupplierFile.objects.create(
        order=order, name="invoice.pdf", content_type="application/pdf", content=PDF, channel=Channel.LINK
    )
    source = SupplierProduct.objects.get(supplier=order.supplier)
    return [order, order.supplier, source, proposal, file, GoodsReceipt.objects.create(order=sent)]
