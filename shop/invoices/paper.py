"""A document as a PDF: A4, in the shop's hand. The same document gives the same bytes, whenever it is asked for."""

from datetime import date
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from shop.core.letters import Writer
from shop.core.money import format_exactly
from shop.invoices.models import Document

Content = dict[str, Any]
INK, QUIET, RULE = HexColor("#1d1b18"), HexColor("#5e584e"), HexColor("#dcd6ca")
WIDTH, MARGIN = A4[0], 20 * mm
INNER = WIDTH - 2 * MARGIN
# What the library leaves free inside its margins.
FRAME = 6
BODY = ParagraphStyle("body", fontName="Text", fontSize=9.5, leading=13.5, textColor=INK, splitLongWords=1)
SMALL = ParagraphStyle("small", BODY, fontSize=8, leading=11, textColor=QUIET)
RIGHT = ParagraphStyle("right", BODY, alignment=TA_RIGHT)
SMALL_RIGHT = ParagraphStyle("small right", SMALL, alignment=TA_RIGHT)
STRONG = ParagraphStyle("strong", BODY, fontName="Strong")
STRONG_RIGHT = ParagraphStyle("strong right", STRONG, alignment=TA_RIGHT)
TITLE = ParagraphStyle("title", BODY, fontName="Title", fontSize=30, leading=34)
NAME = ParagraphStyle("name", BODY, fontName="Title", fontSize=20, leading=24)
HEADING = ParagraphStyle("heading", BODY, fontName="Title", fontSize=14, leading=18)
PLAIN: list[Any] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
]
RULED: list[Any] = [
    *PLAIN,
    ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
    ("RIGHTPADDING", (0, 0), (-2, -1), 6),
]
CLOSE: list[Any] = [*PLAIN, ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)]
BOXES = "□ stands for a character that this page cannot print."


def pdf(document: Document) -> bytes:
    """The document on A4 pages."""
    target = BytesIO()
    paper = Paper(document)
    template = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=MARGIN - FRAME,
        rightMargin=MARGIN - FRAME,
        topMargin=18 * mm,
        bottomMargin=22 * mm,
        title=f"{document.get_kind_display()} {document.number}",
        author=document.content["seller"]["name"],
        lang="en-GB",
        invariant=1,
    )
    template.build(paper.story(), onFirstPage=paper.foot, onLaterPages=paper.foot)
    return target.getvalue()


class Paper:
    """What stands on the pages of one document, from top to bottom."""

    def __init__(self, document: Document) -> None:
        self.document, self.content = document, document.content
        self.write = Writer()
        self.is_invoice = document.kind == Document.Kind.INVOICE
        self.home_tax = bool(self.content["tax_country"])

    def story(self) -> list[Flowable]:
        parts = [self.letterhead(), Spacer(1, 10 * mm), self.facts(), Spacer(1, 9 * mm), self.lines()]
        parts += [Spacer(1, 5 * mm), self.totals(), Spacer(1, 7 * mm)]
        if self.home_tax and self.content["totals"]["gross"]:
            parts += [Paragraph("VAT by rate", HEADING), Spacer(1, 1 * mm), self.taxes(), Spacer(1, 6 * mm)]
        parts += [Paragraph(self.write(words), BODY) for words in self.words()]
        if self.write.has_boxes:
            parts += [Spacer(1, 4 * mm), Paragraph(f'<font name="Other">{BOXES}</font>', SMALL)]
        return parts

    def letterhead(self) -> Flowable:
        seller = self.content["seller"]
        lines = [*seller["address"], seller["email"], *([f"VAT {seller['vat_id']}"] if seller["vat_id"] else [])]
        kind, number = self.document.get_kind_display(), self.write(self.document.number, "Strong")
        title = [Paragraph(kind, TITLE), Paragraph(number, STRONG)]
        name = Paragraph(self.write(seller["name"], "Title"), NAME)
        return halves(title, [name, *(Paragraph(self.write(line), SMALL) for line in lines)])

    def facts(self) -> Flowable:
        buyer = self.content["buyer"]
        to = [Paragraph("Billed to", SMALL)]
        to += [Paragraph(self.write(line), BODY) for line in (*buyer["address"], buyer["email"])]
        cells = [[Paragraph(name, SMALL), Paragraph(self.write(words), BODY)] for name, words in self.dates()]
        return halves(to, Table(cells, colWidths=[INNER * 0.14, INNER * 0.26], style=CLOSE))

    def dates(self) -> list[tuple[str, str]]:
        content = self.content
        if not self.is_invoice:
            corrected = content["corrects"]
            own = [("Corrects", corrected["number"]), ("of", day(corrected["issued_on"]))]
            return [("Issued", day(content["issued_on"])), *own, ("Order", content["order"])]
        supplied = ("Date of supply", day(content["supplied_on"]))
        return [("Issued", day(content["issued_on"])), supplied, ("Order", content["order"])]

    def lines(self) -> Flowable:
        names = ["Piece", "Pieces", "Each", "Discount", "VAT", "Amount"]
        head = [Paragraph(name, SMALL if place == 0 else SMALL_RIGHT) for place, name in enumerate(names)]
        rows: list[list[Any]] = [head, *(self.line(line) for line in self.content["lines"])]
        delivery = self.content["delivery"]
        if self.is_invoice or delivery["charged"]:
            price = self.money(delivery["price"]) if "price" in delivery else ""
            words = ["Delivery, " + self.write(delivery["name"]), "", price, self.less(delivery.get("discount", 0)), ""]
            rows.append(self.row(*words, self.money(delivery["charged"])))
        if self.content.get("other", 0) > 0:
            rows.append(self.row("Other", "", "", "", "", self.money(self.content["other"])))
        widths = [INNER * part for part in (0.4, 0.09, 0.14, 0.13, 0.09, 0.15)]
        return Table(rows, colWidths=widths, style=RULED, repeatRows=1)

    def line(self, line: Content) -> list[Flowable]:
        detail = f'<br/><font size="8">{self.write(line["detail"])}<br/>{self.write(line["sku"])}</font>'
        each = self.money(line["unit_price"]) if "unit_price" in line else ""
        rate = f"{line['rate']}%" if self.home_tax else "none"
        name = self.write(line["name"]) + detail
        return self.row(
            name, str(line["quantity"]), each, self.less(line.get("discount", 0)), rate, self.money(line["charged"])
        )

    def row(self, name: str, *cells: str) -> list[Flowable]:
        return [Paragraph(name, BODY), *(Paragraph(cell, RIGHT) for cell in cells)]

    def totals(self) -> Flowable:
        totals, tax = self.content["totals"], "VAT included" if self.home_tax else "VAT"
        rows: list[list[Any]] = [
            [Paragraph(name, BODY), Paragraph(self.money(amount), RIGHT)]
            for name, amount in (("Total without VAT", totals["net"]), (tax, totals["tax"]))
        ]
        last = "Total" if self.is_invoice else "Total credited"
        rows.append([Paragraph(last, STRONG), Paragraph(self.money(totals["gross"], "Strong"), STRONG_RIGHT)])
        style = [*PLAIN, ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK)]
        return Table(rows, colWidths=[INNER * 0.27, INNER * 0.18], hAlign="RIGHT", style=style)

    def taxes(self) -> Flowable:
        rows: list[list[Any]] = [[Paragraph(name, SMALL_RIGHT) for name in ("Rate", "Without VAT", "VAT", "With VAT")]]
        for share in self.content["taxes"]:
            amounts = [self.money(share[key]) for key in ("net", "tax", "gross")]
            rows.append([Paragraph(words, RIGHT) for words in (f"{share['rate']}%", *amounts)])
        return Table(rows, colWidths=[INNER * part for part in (0.1, 0.2, 0.2, 0.2)], hAlign="LEFT", style=RULED)

    def words(self) -> list[str]:
        """Sentences below the figures."""
        payment, found = self.content["payment"], [self.content["note"], self.content.get("reason", "")]
        if self.is_invoice and not self.content["totals"]["gross"]:
            found.append("Nothing was left to pay.")
        if payment["paid_on"]:
            did, way = ("Paid", "through") if self.is_invoice else ("Refunded", "through")
            reference = f", reference {payment['reference']}" if payment["reference"] else ""
            found.append(f"{did} on {day(payment['paid_on'])} {way} {payment['provider'].title()}{reference}.")
        return [words for words in found if words]

    def money(self, amount: int, font: str = "Text") -> str:
        return self.write(format_exactly(amount, self.content["currency"]), font)

    def less(self, discount: int) -> str:
        return f"−{self.money(discount)}" if discount else ""

    def foot(self, canvas: Canvas, template: SimpleDocTemplate) -> None:
        """The line at the foot of every page."""
        canvas.saveState()
        canvas.setFont("Text", 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(MARGIN, 12 * mm, f"{self.document.get_kind_display()} {self.document.number}")
        canvas.drawRightString(WIDTH - MARGIN, 12 * mm, f"Page {template.page}")
        canvas.restoreState()


def halves(left: Any, right: Any) -> Flowable:
    """Two things side by side over the width of the page."""
    return Table([[left, right]], colWidths=[INNER * 0.6, INNER * 0.4], style=PLAIN)


def day(text: str) -> str:
    """'2026-11-22' -> '22 November 2026'."""
    found = date.fromisoformat(text)
    return f"{found.day} {found:%B %Y}"
