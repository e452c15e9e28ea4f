"""Units that cannot be sold: at least one at a time, whatever is done to them."""

from collections.abc import Callable

import pytest

from shop.core.errors import ShopError
from shop.tests.builders import make_variant
from shop.warehouse import damage
from shop.warehouse.models import StockLevel, StockMovement

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("deed", [damage.set_aside, damage.mend, damage.write_off])
@pytest.mark.parametrize("units", [0, -1])
def test_no_units_are_refused_in_words_and_nothing_is_written(deed: Callable[..., None], units: int) -> None:
    make_variant(stock=5)
    with pytest.raises(ShopError, match="at least one"):
        deed(level=StockLevel.objects.get(), units=units, reason="torn", actor=None)
    assert StockLevel.objects.values_list("on_hand", "damaged").get() == (5, 0)
    assert StockMovement.objects.count() == 1
