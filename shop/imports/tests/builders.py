"""Tables as somebody would upload them."""

import io
import zipfile
from collections.abc import Sequence

from openpyxl import Workbook

from shop.accounts.models import User
from shop.imports import services
from shop.imports.models import DataImport
from shop.tests.builders import make_user


def some_user() -> User:
    return User.objects.filter(email="noor@example.org").first() or make_user("noor@example.org")


def load(text: str, kind: str = "variants", name: str = "table.csv") -> DataImport:
    """The text, uploaded and checked."""
    return services.upload(kind=kind, name=name, content=text.encode(), user=some_user())


def run(row: DataImport) -> DataImport:
    """Started and written to its end."""
    services.start(import_id=row.pk)
    while services.write_batch(import_id=row.pk):
        pass
    row.refresh_from_db()
    return row


def workbook(*rows: Sequence[object]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    book.save(out)
    return out.getvalue()


def bomb(size: int = 100_000_000) -> bytes:
    """A workbook whose sheet is that many spaces: small on the wire."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * size)
    return out.getvalue()
