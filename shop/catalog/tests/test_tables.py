import pytest
from django.apps import apps
from pytest_django import DjangoAssertNumQueries

from shop.catalog import tables
from shop.catalog.models import Category, Colour, ProductVariant, Size
from shop.core import clock
from shop.delivery.models import ShippingRate
from shop.delivery.shipment_models import ShippingClosure
from shop.tests.builders import (
    make_category,
    make_colour,
    make_location,
    make_product,
    make_promotion,
    make_rate,
    make_size,
    make_variant,
)

pytestmark = pytest.mark.django_db


def test_one_query_reads_the_tables_as_the_database_has_them(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_category("Tees", "tees", parent=make_category())
    make_colour()
    make_size()
    make_rate(free_over=None, countries=["GB", "FR"])
    make_promotion(needs_code=False)
    make_location()
    ShippingClosure.objects.create(day=clock.now().date())
    with django_assert_num_queries(1):
        found = tables.read()
    for name in tables.MODELS:
        model = apps.get_model("shop", name)
        fields = [field.attname for field in model._meta.concrete_fields]
        kept = [tuple(getattr(row, field) for field in fields) for row in found.all(model)]
        assert sorted(kept) == sorted(model._default_manager.values_list(*fields))
        assert kept


def test_rows_have_what_they_point_to_without_another_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_size()
    make_rate("express")
    make_category("Tees", "tees", parent=make_category())
    found = tables.read()
    with django_assert_num_queries(0):
        assert [size.system.label for size in found.all(Size)] == ["UK / regular"]
        assert [rate.method.code for rate in found.all(ShippingRate)] == ["express"]
        assert sorted(category.parent_id is None for category in found.all(Category)) == [False, True]


def test_rows_are_filled_from_the_tables_and_what_is_newer_is_asked_for(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    product = make_product()
    make_variant(product)
    known = tables.read()
    make_variant(product, colour=make_colour("Moss"))
    variants = list(ProductVariant.objects.filter(product=product).order_by("pk"))
    known.fill(variants, "colour", Colour)
    known.fill(variants, "size", Size)
    assert variants[0].size is variants[1].size
    with django_assert_num_queries(0):
        assert (variants[0].colour.name, variants[1].size.system.label) == ("Sky", "UK / regular")
    with django_assert_num_queries(1):
        assert variants[1].colour.name == "Moss"
