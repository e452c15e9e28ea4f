"""Delivery prices typed by staff."""

from typing import Any

import pytest
from django.urls import reverse

from adminpanel.delivery_admin import rate_in_words
from adminpanel.tests.builders import make_staff, signed_in
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.tests.builders import make_location, make_rate
from shop.warehouse.models import StockLocation


def form(**changes: Any) -> dict[str, Any]:
    rate = {"countries": "gb, IE gb", "price": "3.95", "free_over": "", "min_days": "2", "max_days": "4"}
    fields = {f"rates-0-{name}": value for name, value in (rate | changes).items()}
    management = {"rates-TOTAL_FORMS": "1", "rates-INITIAL_FORMS": "0"}
    method = {"code": "standard", "name": "Standard", "position": "0", "cut_off": "14:00", "is_active": "on"}
    method |= {name: changes[name] for name in ("carrier", "collect_at") if name in changes}
    return method | management | fields


@pytest.mark.django_db
def test_prices_are_typed_as_decimals_and_countries_as_codes() -> None:
    response = signed_in(make_staff("owner")).post(reverse("admin:shop_shippingmethod_add"), form())
    assert response.status_code == 302
    rate = ShippingRate.objects.get()
    assert (rate.countries, rate.price, rate.free_over) == (["GB", "IE"], 395, None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"countries": "GB, XX"}, "No country has the code XX"),
        ({"countries": "🇬🇧" * 2000}, "No country has the code"),
        ({"price": "-1"}, "Write an amount such as"),
        ({"min_days": "5", "max_days": "4"}, "shorter than the shortest"),
        ({"min_days": "9" * 30}, "less than or equal to"),
    ],
)
def test_bad_rates_get_a_message_and_nothing_is_saved(changes: dict[str, str], message: str) -> None:
    response = signed_in(make_staff("owner")).post(reverse("admin:shop_shippingmethod_add"), form(**changes))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not ShippingMethod.objects.exists()


@pytest.mark.django_db
def test_a_rate_reads_as_a_sentence() -> None:
    assert rate_in_words(make_rate()) == "United Kingdom £3.95, free over £75"
    assert rate_in_words(make_rate("light", 600, None, weight_to=2000)) == "United Kingdom up to 2 kg £6"
    assert rate_in_words(make_rate("far", 1200, None, countries=["FR", "DE"])) == "2 countries £12"


@pytest.mark.django_db
def test_a_carrier_that_nobody_knows_and_a_place_that_hands_nothing_out_are_refused() -> None:
    closed, opened = make_location("closed"), make_location("open")
    StockLocation.objects.filter(pk=opened.pk).update(offers_collection=True)
    owner, page = signed_in(make_staff("owner")), reverse("admin:shop_shippingmethod_add")
    shown = owner.get(page).content.decode()
    assert f'<option value="{opened.pk}"' in shown and f'<option value="{closed.pk}"' not in shown
    assert all(words in shown for words in ("Local Courier</option>", "EasyPost</option>", "Post</option>"))
    for wrong in ({"carrier": "courrier"}, {"collect_at": str(closed.pk)}):
        assert "Select a valid choice" in owner.post(page, form(**wrong)).content.decode()
    assert not ShippingMethod.objects.exists()
    assert owner.post(page, form(carrier="table", collect_at=str(opened.pk))).status_code == 302
    method = ShippingMethod.objects.get()
    assert (method.carrier, method.collect_at) == ("table", opened)
