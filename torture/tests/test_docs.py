"""docs/payments.md draws what the code says: blocks between markers, made here (WRITE_DOCS=1 writes them)."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shop.checkout.tests import state_table
from shop.core.crash import POINTS
from shop.orders import services as orders
from shop.payments import refunds
from shop.payments import services as payments
from storefront.embedded_postgres import ROOT
from torture.mutants import MUTANTS, stale

PAGE = Path(ROOT) / "docs" / "payments.md"


def diagram(moves: Mapping[str, frozenset[str]], first: str) -> str:
    """A machine's table of moves, drawn."""
    arrows = [f"    {at} --> {to}" for at in sorted(moves) for to in sorted(moves[at])]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *arrows, "```"])


def points() -> str:
    return "\n".join(f"- `{name}`: {what}" for name, what in POINTS.items())


def mutants() -> str:
    """What is broken, and the tests that notice."""
    rows = [f"| {mutant.rule} | {'<br>'.join(f'`{test}`' for test in mutant.tests)} |" for mutant in MUTANTS]
    return "\n".join(["| broken rule | caught by |", "| --- | --- |", *rows])


BLOCKS: dict[str, Callable[[], str]] = {
    "orders": lambda: diagram(orders.MOVES, "pending"),
    "payments": lambda: diagram(payments.MOVES, "created"),
    "refunds": lambda: diagram(refunds.MOVES, "requested"),
    "facts": state_table.as_markdown,
    "crash points": points,
    "mutants": mutants,
}


def block(name: str) -> "re.Pattern[str]":
    return re.compile(rf"(<!-- {name}: made by torture/tests/test_docs.py -->\n).*?(\n<!-- end -->)", re.DOTALL)


@pytest.mark.parametrize("name", BLOCKS)
def test_the_page_says_what_the_code_does(name: str) -> None:
    page, made = PAGE.read_text(), BLOCKS[name]()
    drawn = block(name).sub(lambda found: f"{found[1]}{made}{found[2]}", page)
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(drawn)
    assert block(name).search(page), f"docs/payments.md has no block for {name}"
    assert drawn == page or os.environ.get("WRITE_DOCS"), f"the block '{name}' of docs/payments.md is out of date"


def test_every_mutant_still_applies_and_names_a_test_that_is_there() -> None:
    assert [*stale(MUTANTS)] == []
