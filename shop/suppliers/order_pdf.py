"""A purchase order as a PDF: A4, in the shop's hand."""

from io import BytesIO
from typing import Any

from django.conf import settings
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from shop.core.letters import Writer
from shop.core.money import format_exactly
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseOrderLine

INK, QUIET, RULE = HexColor("#1d1b18"), HexColor("#5e584e"), HexColor("#dcd6ca")
MARGIN = 20 * mm
INNER = A4[0] - 2 * MARGIN
BODY = ParagraphStyle("body", fontName="Text", fontSize=9.5, leading=13.5, textColor=INK, splitLongWords=1)
SMALL = ParagraphStyle("small", BODY, fontSize=8, leading=11, textColor=QUIET)
RIGHT = ParagraphStyle("right", BODY, alignment=TA_RIGHT)
SMALL_RIGHT = ParagraphStyle("small right", SMALL, alignment=TA_RIGHT)
STRONG_RIGHT = ParagraphStyle("strong right", RIGHT, fontName="Strong")
TITLE = ParagraphStyle("title", BODY, fontName="Title", fontSize=26, leading=30)
PLAIN: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
RULED: list[Any] = [*PLAIN, ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE)]
WIDTHS = [INNER * part for part in (0.2, 0.42, 0.1, 0.13, 0.15)]


def pdf(order: PurchaseOrder) -> bytes:
    """The order on A4 pages. Wants its supplier and location loaded."""
    target = BytesIO()
    template = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=f"Purchase order {order.number}",
        author=settings.SELLER_NAME,
        lang="en-GB",
        invariant=1,
    )
    template.build(story(order, Writer()))
    return target.getvalue()


def story(order: PurchaseOrder, write: Writer) -> list[Flowable]:
    lines = list(order.lines.select_related("variant"))
    parts: list[Flowable] = [Paragraph(f"Purchase order {write(order.number, 'Title')}", TITLE), Spacer(1, 6 * mm)]
    parts += [parties(order, write), Spacer(1, 8 * mm), table(order, lines, write)]
    for name, words in (("Terms", order.supplier.payment_terms), ("Note", order.note)):
        if words:
            parts += [Spacer(1, 4 * mm), Paragraph(name, SMALL), Paragraph(write(words), BODY)]
    return parts


def parties(order: PurchaseOrder, write: Writer) -> Flowable:
    supplier, place = order.supplier, order.location
    buyer = [settings.SELLER_NAME, *settings.SELLER_ADDRESS, settings.SHOP_EMAIL, settings.SELLER_VAT_ID]
    to = [place.name, *place.address.splitlines()]
    day = order.sent_at or order.created_at
    cells = [
        column("Supplier", [supplier.name, *supplier.address.splitlines(), supplier.contact_name], write),
        column("Ordered by", buyer, write),
        [*column("Deliver to", to, write), Spacer(1, 2 * mm), *column("Date", [f"{day.day} {day:%B %Y}"], write)],
    ]
    return Table([cells], colWidths=[INNER / 3] * 3, style=PLAIN)


def column(name: str, lines: list[str], write: Writer) -> list[Flowable]:
    return [Paragraph(name, SMALL), *(Paragraph(write(line), BODY) for line in lines if line)]


def table(order: PurchaseOrder, lines: list[PurchaseOrderLine], write: Writer) -> Flowable:
    names = ("Your SKU", "Piece", "Units", "Each", "Amount")
    head = [Paragraph(name, SMALL if place < 2 else SMALL_RIGHT) for place, name in enumerate(names)]
    rows: list[list[Any]] = [head, *(row(order, line, write) for line in lines)]
    total = write(format_exactly(sum(line.total for line in lines), order.currency), "Strong")
    rows.append(["", Paragraph("Total", BODY), "", "", Paragraph(total, STRONG_RIGHT)])
    return Table(rows, colWidths=WIDTHS, style=RULED, repeatRows=1)


def row(order: PurchaseOrder, line: PurchaseOrderLine, write: Writer) -> list[Flowable]:
    piece = f'{write(line.description)}<br/><font size="8">{write(line.variant.sku)}</font>'
    amounts = [format_exactly(amount, order.currency) for amount in (line.unit_cost, line.total)]
    numbers = [Paragraph(write(words), RIGHT) for words in (str(line.quantity), *amounts)]
    return [Paragraph(write(line.supplier_sku), BODY), Paragraph(piece, BODY), *numbers]
