import pytest

from shop.delivery import labels, ways
from shop.delivery.tests.builders import FakeCarrier


@pytest.fixture
def courier(monkeypatch: pytest.MonkeyPatch) -> FakeCarrier:
    """In place of every carrier."""
    fake = FakeCarrier()
    for module in (labels, ways):
        monkeypatch.setattr(module, "carrier", lambda code: fake)
    return fake
