"""Documents on paper."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from shop.core.letters import BOX, MOST, Writer, cleaned
from shop.invoices.models import Document
from shop.invoices.paper import pdf
from shop.invoices.services import issue_credit_note, issue_invoice
from shop.invoices.tests.builders import make_paid_order, make_refund

HOSTILE = [
    "<b>Bold</b> <script>alert(1)</script> & </para>",
    "W" * 5000,
    "👩‍🦰 Ada 🧵",
    "محمد علي",
    "\u202eevil\u200b\ufeff",
    "%(page)s {{ name }} \\ ()",
    "Μαρία Щукина Đặng Żółć ფიქრი",
    "山田太郎",
]


def document(**fields: Any) -> Document:
    found = issue_invoice(make_paid_order((7800, 2, "20"), (2500, 1, "0"), **fields).pk)
    assert found
    return found


@pytest.mark.django_db
def test_the_same_document_gives_the_same_bytes() -> None:
    found = document()
    first = pdf(found)
    assert first.startswith(b"%PDF-") and first == pdf(Document.objects.get())


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_page(text: str) -> None:
    found = document(name=text[:120])
    content = found.content
    content["buyer"]["address"] = [text] * 3
    content["seller"]["name"] = content["lines"][0]["detail"] = content["payment"]["reference"] = text
    assert pdf(found).startswith(b"%PDF-")


@pytest.mark.django_db
def test_long_orders_go_on_over_pages_and_credit_notes_are_printed() -> None:
    order = make_paid_order(*[(7800, 1, "20")] * 60)
    found = issue_invoice(order.pk)
    note = issue_credit_note(make_refund(order, free=500).pk)
    assert found and note
    assert pdf(found).count(b"/Type /Page\n") >= 3
    assert pdf(note).startswith(b"%PDF-")
    export = issue_invoice(make_paid_order(country="US").pk)
    assert export and pdf(export).startswith(b"%PDF-")


def test_names_of_europe_are_printed_whole() -> None:
    write = Writer()
    assert write("Zoë O’Brien €5") == "Zoë O’Brien €5"
    for name in ("Żółć Łukasz", "Μαρία", "Щукина", "Đặng", "ფიქრი"):
        assert write(name) == f'<font name="Other">{name}</font>'
    assert not write.has_boxes


def test_what_cannot_be_printed_is_a_box_that_the_page_explains() -> None:
    write = Writer()
    assert write("山田 A") == f'<font name="Other">{BOX}{BOX} A</font>'
    assert write.has_boxes


def test_markup_is_text_and_a_long_text_says_that_it_goes_on() -> None:
    assert Writer()("<b>&") == "&lt;b&gt;&amp;"
    assert cleaned("x" * 5000) == "x" * (MOST - 1) + "…"
    assert cleaned("a\u202e\x00b\n c") == "ab c"


def test_nothing_but_printing_loads_the_library() -> None:
    code = "import django; django.setup(); import shop.invoices.urls, adminpanel.admin, sys; "
    code += "print('reportlab' in sys.modules)"
    own = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql:///none"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=own | {"DJANGO_SETTINGS_MODULE": "storefront.settings.local"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("False", "")
