"""The slip that comes back in the parcel: what should be in it, and the return's number to scan, as bars and as QR."""

from io import BytesIO

from django.conf import settings
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A5
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from shop.core.dates import long_day
from shop.core.letters import BOX, Writer, register
from shop.core.qr import squares
from shop.returns.models import Return

LEFT, TOP = 14 * mm, A5[1] - 20 * mm
QR = 24 * mm
MOST_LINES = 14


def pdf(parent: Return) -> bytes:
    """An A5 page; the same return gives the same bytes."""
    register()
    target = BytesIO()
    canvas = Canvas(target, pagesize=A5, invariant=True)
    canvas.setTitle(f"Return {parent.number}")
    head(canvas, parent)
    foot(canvas, parent, pieces(canvas, parent))
    canvas.save()
    return target.getvalue()


def head(canvas: Canvas, parent: Return) -> None:
    canvas.setFont("Title", 26)
    canvas.drawString(LEFT, TOP, f"Return {parent.number}")
    canvas.setFont("Text", 9.5)
    canvas.drawString(LEFT, TOP - 8 * mm, f"Order {parent.order.number}. Please lay this page into the parcel.")
    Code128(parent.number, barHeight=16 * mm, barWidth=0.42 * mm, humanReadable=True).drawOn(
        canvas, LEFT - 6 * mm, TOP - 33 * mm
    )
    qr(canvas, parent.number, A5[0] - LEFT - QR, TOP - 37 * mm)


def qr(canvas: Canvas, text: str, left: float, bottom: float) -> None:
    """The code of that text, QR wide and high."""
    rows = squares(text)
    side = QR / len(rows)
    for down, row in enumerate(rows, 1):
        for along, dark in enumerate(row):
            if dark:
                canvas.rect(left + along * side, bottom + QR - down * side, side, side, stroke=0, fill=1)


def pieces(canvas: Canvas, parent: Return) -> float:
    """The list; how far down it came."""
    lines = list(parent.lines.select_related("order_line", "exchange_for__size").order_by("pk"))
    at = TOP - 46 * mm
    for line in lines[:MOST_LINES]:
        bought = line.order_line
        canvas.setFont("Strong", 9.5)
        canvas.drawString(LEFT, at, written(f"{line.quantity} × {bought.product_name}")[:60])
        canvas.setFont("Text", 8)
        wish = f", for size {line.exchange_for.size.name}" if line.exchange_for else ""
        words = f"{bought.colour_name}, size {bought.size_name} · {bought.sku} · {line.get_reason_display()}{wish}"
        canvas.drawString(LEFT, at - 4 * mm, written(words)[:90])
        at -= 10 * mm
    if len(lines) > MOST_LINES:
        canvas.drawString(LEFT, at, f"and {len(lines) - MOST_LINES} more")
    return at


def foot(canvas: Canvas, parent: Return, at: float) -> None:
    canvas.setFont("Text", 9.5)
    words = [settings.SELLER_NAME, *settings.SELLER_ADDRESS]
    if parent.send_by:
        words.insert(0, f"Send it by {long_day(parent.send_by)} to")
    for number, text in enumerate(words):
        canvas.drawString(LEFT, max(at - 8 * mm, 40 * mm) - number * 5 * mm, written(text))


def written(text: str) -> str:
    """The text in letters that the page's font has."""
    writer = Writer()
    return "".join(char if ord(char) in writer.known["Text"] else BOX for char in " ".join(text.split()))
