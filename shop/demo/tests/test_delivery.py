"""The ways of delivery that a new shop begins with."""

import pytest
from django.test import Client

from shop.delivery.services import Load, offers
from shop.demo.delivery import make_delivery

pytestmark = pytest.mark.django_db


def test_parcel_post_costs_by_weight_and_takes_nothing_heavier() -> None:
    make_delivery()
    prices = {
        grams: [offer.price for offer in offers("FR", Load(5000, grams)) if offer.code == "post"]
        for grams in (2000, 2001, 10_000, 10_001)
    }
    assert prices == {2000: [795], 2001: [1295], 10_000: [1295], 10_001: []}


def test_the_delivery_page_says_up_to_which_weight(client: Client) -> None:
    make_delivery()
    page = client.get("/pages/delivery/").content.decode()
    assert "Parcel post, up to 2 kg" in page and "Parcel post, up to 10 kg" in page
