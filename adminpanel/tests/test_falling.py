"""What staff change takes the pages that show it out of the edge, and no more than that."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.catalog import listings
from shop.catalog.fit import Fit
from shop.catalog.models import Product, SizeChart
from shop.edge.models import EdgePurge
from shop.edge.tests.edges import FILES
from shop.returns.fit import refresh_fits
from shop.tests.builders import make_product, make_variant

pytestmark = pytest.mark.django_db
EVERYTHING = {"everything"}


@pytest.fixture
def shirt(settings: Any) -> Product:
    settings.EDGE_STORE = FILES
    product = make_product(slug="quarry")
    make_variant(product)
    listings.refresh([product.pk])
    EdgePurge.objects.all().delete()
    return product


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff("owner"))


def falls() -> set[str]:
    return {tag for row in EdgePurge.objects.all() for tag in row.tags}


def save(owner: Client, model: str, pk: int, **fields: object) -> None:
    response = owner.post(reverse(f"admin:shop_{model}_change", args=[pk]), fields)
    assert response.status_code == 302, response.context["errors"]


def test_what_every_page_names_takes_every_page(owner: Client, shirt: Product) -> None:
    save(owner, "category", shirt.category_id, name="Tops", slug="shirts", position=0, parent="")
    assert falls() >= EVERYTHING


def test_a_size_chart_takes_every_page_and_reaches_the_product(owner: Client, shirt: Product) -> None:
    chart = SizeChart.objects.create(name="Shirts", garment="shirt")
    Product.objects.filter(pk=shirt.pk).update(size_chart=chart)
    management = {"entries-TOTAL_FORMS": 0, "entries-INITIAL_FORMS": 0}
    save(owner, "sizechart", chart.pk, name="Our shirts", garment="shirt", how_to_measure="", **management)
    assert falls() == {"everything", f"product:{shirt.pk}"}


def test_a_price_takes_what_shows_it(owner: Client, shirt: Product) -> None:
    variant = shirt.variants.get()
    fields = {"sku": variant.sku, "price": "79.00", "is_active": "on", "sold_ahead": "0"}
    save(owner, "productvariant", variant.pk, **fields)
    lists = (f"list:{each}:price" for each in ("all", "women", "men", shirt.category_id))
    assert falls() == {f"product:{shirt.pk}", f"card:{shirt.pk}", "search:price", *lists}


def test_how_a_product_fits_takes_its_own_page(shirt: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.returns.fit.fits", lambda ids: {shirt.pk: Fit(20, 9, 0)})
    assert refresh_fits([shirt.pk]) == 1
    assert falls() == {f"product:{shirt.pk}"}
    assert refresh_fits([shirt.pk]) == 0
    assert EdgePurge.objects.count() == 1
