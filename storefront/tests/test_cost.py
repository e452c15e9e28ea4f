"""`manage.py cost` on the command line."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shop.catalog import listings
from shop.operations.costs.inputs import measured
from shop.tests.builders import make_product, make_variant
from storefront.management.commands import cost


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("cost", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_the_bill_beside_the_briefs() -> None:
    text = said("--lines")
    told = ("13.52  EventBridge in the brief: 5 million events", "-  WAF and Shield in the brief: 0.025 a GB")
    for words in ("the brief", "125.00", "Aurora", "an order", "NAT gateway", "Measured", *told):
        assert words in text


def test_parameters_change_it() -> None:
    few = json.loads(said("--json", "--page-views=1000", "--executions=0", "--waf=no"))
    many = json.loads(said("--json", "--region=eu-west-2"))
    assert few["usd"] < many["usd"] and few["services"]["WAF and Shield"] == 0 and many["region"] == "eu-west-2"


@pytest.mark.parametrize(
    "wrong", ["--new-searches=2", "--page-views=-1", "--page-views=x", "--region=mars", "--measure=0x", "--measure=0"]
)
def test_nonsense_is_told(wrong: str) -> None:
    with pytest.raises(CommandError):
        said(wrong)


@pytest.mark.django_db
def test_measuring_asks_the_pages_and_writes_what_they_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "FOLDER", tmp_path)
    with pytest.raises(CommandError, match="lists no product"):
        said("--measure=1")
    variant = make_variant(make_product(slug="quarry"))
    listings.refresh([variant.product_id])
    said("--measure=1")
    measured.cache_clear()
    found: dict[str, Any] = json.loads((tmp_path / "measured.json").read_text())
    assert {name: each["queries"] for name, each in found["requests"].items()} == {
        **{"home": 2, "listing": 2, "product": 4, "search": 2, "me": 0, "bag": 5}
    }
    assert found["job_runs"] == cost.job_runs() and "1 requests" in found["how"]
