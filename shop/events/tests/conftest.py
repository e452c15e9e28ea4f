from collections.abc import Iterator

import pytest

from shop.events import registry
from shop.events.tests import recorders

FIRST, SECOND = f"{recorders.__name__}.first", f"{recorders.__name__}.second"


@pytest.fixture
def two_consumers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """OrderPaid goes to two recorders, and to nobody else."""
    monkeypatch.setitem(registry.HANDLERS, "OrderPaid", (FIRST, SECOND))
    recorders.reset()
    yield
    recorders.reset()
