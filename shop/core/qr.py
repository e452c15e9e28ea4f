"""A QR code: as an <svg> to stand in a page, or as the squares of which it is drawn on paper."""

from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from segno import QRCode


def svg(text: str) -> SafeString:
    """The picture to scan: black on white with its quiet zone, no inline style."""
    drawn = _code(text).svg_inline(scale=4, border=4, light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return mark_safe(drawn)  # noqa: S308 - paths only: no letter of the text stands in it


def squares(text: str) -> list[list[bool]]:
    """Its rows from the top, True where it is dark; without the quiet zone."""
    return [[bool(dark) for dark in row] for row in _code(text).matrix]


def _code(text: str) -> "QRCode":
    # Heavy, and seldom asked for.
    import segno  # noqa: PLC0415

    return segno.make(text, error="m", micro=False)
