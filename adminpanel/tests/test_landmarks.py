"""Every staff page has one main part, all it says stands in a named landmark, and lists hold nothing but their items.

The rules landmark-one-main, region, landmark-unique and list of axe-core, held on the HTML as it is served.
"""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.one_of_each import one_of_each
from shop.bulk.models import BulkChange
from shop.catalog.models import Product
from shop.delivery.shipment_models import Shipment
from shop.imports.models import DataImport
from shop.packing.models import PackingTask, Wave
from shop.suppliers.purchase_models import PurchaseOrder
from shop.warehouse.moving_models import StockCount, Transfer

EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
UNSEEN = {"script", "style", "template", "title", "noscript", "svg"}
LANDMARKS = {"main": "main", "nav": "navigation", "aside": "complementary", "header": "banner", "footer": "contentinfo"}
# A header of these is theirs, not the page's.
OWNERS = {"main", "nav", "aside", "article", "section"}
LIST_ITEMS = {"li", "script", "template"}
Attributes = dict[str, str]


class Outline(HTMLParser):
    """landmarks: (role, name) of each. stray: words outside all of them. children: what lists hold besides items."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool, bool]] = []
        self.landmarks: Counter[tuple[str, str]] = Counter()
        self.stray: list[str] = []
        self.children: list[str] = []
        self.words: dict[str, str] = dict(re.findall(r"<h[1-6][^>]*id=\"([^\"]+)\"[^>]*>([^<]+)<", page))
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if self.open and self.open[-1][0] in ("ul", "ol") and tag not in LIST_ITEMS:
            self.children.append(f"{self.open[-1][0]} > {tag}")
        # What a template holds is not on the page before somebody opens it.
        role = "" if self.is_in("template") else self.role(tag, told)
        if role:
            named_by = told.get("aria-labelledby", "")
            self.landmarks[role, told.get("aria-label", self.words.get(named_by, named_by))] += 1
        if tag not in EMPTY:
            skip = tag in UNSEEN or told.get("class", "") == "skip" or "hidden" in told
            self.open.append((tag, bool(role), skip))

    def handle_endtag(self, tag: str) -> None:
        while self.open and any(name == tag for name, _, _ in self.open) and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and self.is_in("body") and not any(seen or skip for _, seen, skip in self.open):
            self.stray.append(data.strip())

    def is_in(self, *tags: str) -> bool:
        return any(name in tags for name, _, _ in self.open)

    def role(self, tag: str, told: Attributes) -> str:
        """The landmark that the element is, or empty."""
        if "role" in told:
            return told["role"] if told["role"] in {*LANDMARKS.values(), "region", "search", "form"} else ""
        if tag in ("header", "footer") and self.is_in(*OWNERS):
            return ""
        if tag in ("section", "form"):
            named = "aria-label" in told or "aria-labelledby" in told
            return {"section": "region", "form": "form"}[tag] if named else ""
        return LANDMARKS.get(tag, "")


def faults(page: str) -> list[str]:
    """What axe would say, in its rules' names."""
    outline = Outline(page)
    mains = sum(number for (role, _), number in outline.landmarks.items() if role == "main")
    found = [f"landmark-one-main: {mains}"] if mains != 1 else []
    found += [f"region: {words[:60]}" for words in outline.stray]
    found += [f"landmark-unique: {role} {name}" for (role, name), number in outline.landmarks.items() if number > 1]
    return found + [f"list: {child}" for child in outline.children]


def test_the_outline_finds_what_is_wrong() -> None:
    bad = "<body><p>Stray</p><main></main><main></main><nav>a</nav><nav>b</nav><ul><div></div></ul>"
    bad += (
        "<section aria-labelledby='a'><h2 class='h4' id=\"a\">Twin</h2></section><div role='region' aria-label='Twin'>"
    )
    assert faults(bad) == [
        "landmark-one-main: 2",
        "region: Stray",
        "landmark-unique: main ",
        "landmark-unique: navigation ",
        "landmark-unique: region Twin",
        "list: ul > div",
    ]
    assert faults("<body><a class='skip'>Skip</a><header>H</header><main><ul><li>a</li></ul></main></body>") == []


def test_the_way_in_has_its_landmarks(client: Client, db: None) -> None:
    assert faults(client.get("/admin/login/", follow=True).content.decode()) == []


@pytest.mark.django_db
def test_staff_pages_have_their_landmarks() -> None:
    rows = one_of_each()
    product = rows[Product]
    owner = signed_in(make_staff("owner"))
    pages = {
        "home": reverse("admin:index"),
        "form with inlines": reverse("admin:shop_product_change", args=[product.pk]),
        "history": reverse("admin:shop_product_history", args=[product.pk]),
        "delete": reverse("admin:shop_product_delete", args=[product.pk]),
        "grid": reverse("admin:shop_product_grid", args=[product.pk]),
        "import": reverse("admin:shop_import_variants"),
        "imports": reverse("admin:shop_dataimport_changelist"),
        "list": reverse("admin:shop_product_changelist"),
        "packing": reverse("admin:shop_packingtask_changelist"),
        **{
            model.__name__: reverse(f"admin:shop_{model._meta.model_name}_change", args=[rows[model].pk])
            for model in (BulkChange, DataImport, PackingTask, PurchaseOrder, Shipment, StockCount, Transfer, Wave)
        },
    }
    found = {name: faults(owner.get(address).content.decode()) for name, address in pages.items()}
    chosen = {"action": "delete_selected", "_selected_action": [product.pk], "select_across": "0"}
    for action in ("delete_selected", "publish"):
        answer = owner.post(pages["list"], chosen | {"action": action})
        found[action] = faults(answer.content.decode())
    assert {name: told for name, told in found.items() if told} == {}
