"""The fonts of paper, and which of them can write a text.

The shop's own (Instrument) have Latin letters only; DejaVu Sans stands in for a text with any other letter: extended
Latin, Vietnamese, Greek, Cyrillic, Armenian, Georgian. What neither has (Chinese, Japanese, Korean, emoji), and what
reads from right to left (Arabic, Hebrew: these would need shaping), becomes a box, and the page says so at its foot.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).parent / "fonts"
FILES = {
    "Text": "instrument-sans-regular.ttf",
    "Strong": "instrument-sans-semibold.ttf",
    "Title": "instrument-serif.ttf",
    "Other": "dejavu-sans-european.ttf",
}
BOX = "□"
MOST = 300


@lru_cache(1)
def register() -> dict[str, frozenset[int]]:
    """Makes the fonts known to the library, once a process; what each can write, by name."""
    known = {}
    for name, file in FILES.items():
        font = TTFont(name, str(FOLDER / file))
        pdfmetrics.registerFont(font)
        known[name] = frozenset(font.face.charToGlyph)
    return known


class Writer:
    """Turns texts into markup of one page, and remembers whether something could not be written."""

    def __init__(self) -> None:
        self.known = register()
        self.has_boxes = False

    def __call__(self, text: object, font: str = "Text") -> str:
        """Escaped markup of a text, in that font or the one that stands in for it; a very long one ends in '…'."""
        plain = cleaned(str(text))
        if all(ord(char) in self.known[font] for char in plain):
            return escape(plain)
        written = "".join(char if self.has(char) else BOX for char in plain)
        self.has_boxes |= written != plain
        return f'<font name="Other">{escape(written)}</font>'

    def has(self, char: str) -> bool:
        return ord(char) in self.known["Other"] and unicodedata.bidirectional(char) not in ("R", "AL")


def cleaned(text: str) -> str:
    """A text as one line, letters and marks joined where a font has them together, of a length that a page bears."""
    joined = " ".join(unicodedata.normalize("NFC", text).split())
    shown = "".join(char for char in joined if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return shown if len(shown) <= MOST else f"{shown[: MOST - 1]}…"
