"""The label: 100 x 150 mm, with what a driver and a scanner need."""

from dataclasses import dataclass
from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT, MARGIN = 100 * mm, 150 * mm, 6 * mm


@dataclass(frozen=True)
class Paper:
    """What stands on a label. sender, recipient: name, street, street2, city, region, postcode, country."""

    carrier: str
    tracking_number: str
    service: str
    weight_grams: int
    reference: str
    recipient: dict[str, str]
    sender: dict[str, str]


def label(parcel: Paper) -> bytes:
    """The label as a PDF of one page; the same parcel gives the same bytes."""
    target = BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle(f"Label {parcel.tracking_number}")
    _head(canvas, parcel)
    _address(canvas, "To", parcel.recipient, top=122 * mm, size=12)
    _address(canvas, "From", parcel.sender, top=78 * mm, size=7)
    _code(canvas, parcel)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def _head(canvas: Canvas, parcel: Paper) -> None:
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(MARGIN, HEIGHT - 14 * mm, parcel.carrier)
    canvas.setFont("Helvetica", 8)
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 10 * mm, "SANDBOX: NOT VALID FOR POSTING")
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 14 * mm, f"{parcel.service}, {parcel.weight_grams} g")
    canvas.line(MARGIN, HEIGHT - 18 * mm, WIDTH - MARGIN, HEIGHT - 18 * mm)


def _address(canvas: Canvas, word: str, place: dict[str, str], *, top: float, size: int) -> None:
    canvas.setFont("Helvetica", 7)
    canvas.drawString(MARGIN, top, word)
    lines = [place["name"], place["street"], place["street2"], f"{place['city']} {place['postcode']}".strip()]
    lines += [place["region"], place["country"]]
    canvas.setFont("Helvetica-Bold" if size > 10 else "Helvetica", size)
    for number, line in enumerate(filter(None, lines), start=1):
        canvas.drawString(MARGIN, top - number * size * 1.3, _printable(line)[:48])


def _code(canvas: Canvas, parcel: Paper) -> None:
    canvas.line(MARGIN, 46 * mm, WIDTH - MARGIN, 46 * mm)
    code = Code128(parcel.tracking_number, barHeight=22 * mm, barWidth=0.42 * mm, quiet=False)
    code.drawOn(canvas, (WIDTH - code.width) / 2, 18 * mm)
    canvas.setFont("Helvetica-Bold", 12)
    canvas.drawCentredString(WIDTH / 2, 12 * mm, parcel.tracking_number)
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(WIDTH / 2, 7 * mm, _printable(parcel.reference))


def _printable(text: str) -> str:
    """The built-in fonts know Western European letters only."""
    return text.encode("cp1252", "replace").decode("cp1252")
