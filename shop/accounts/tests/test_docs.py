"""docs/accounts.md names the tests that hold what must not happen: each of them is there."""

import re
from pathlib import Path

from django.conf import settings

PAGE = Path(settings.BASE_DIR) / "docs" / "accounts.md"


def test_every_test_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", PAGE.read_text()))
    files = [
        path
        for app in ("shop", "adminpanel", "storefront")
        for path in (Path(settings.BASE_DIR) / app).rglob("test_*.py")
    ]
    there = {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)}
    assert len(named) > 15
    assert named - there == set()
    assert set(re.findall(r"`(?:[\w/]+/)?(test_\w+\.py)`", PAGE.read_text())) <= {path.name for path in files}
