"""A small shop in which everybody wants the same few pieces."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.test import override_settings

from shop.adapters.payments import provider
from shop.delivery.models import ShippingMethod
from shop.events.registry import HANDLERS
from shop.suppliers.models import SupplierProduct
from shop.suppliers.tests.builders import make_source, make_supplier
from shop.tests.builders import make_location, make_product, make_rate, make_size, make_stock, make_variant
from torture.stock import bank

SIZES = ("S", "M", "L")
PLACES = ("main", "shop", "attic")
# Of the second product this many units may be sold before they are here.
AHEAD = 3
# Brought, or fetched at the second place.
WAYS = ("standard", "collect")
# Mails, invoices and lists move no stock.
MOVES_NOTHING = ("mail_", "invoice_", "credit_", "refresh_", "empty_bag", "count_")


def stage() -> None:
    """Two products in three sizes, few of each at two of three places, all to be had of one supplier."""
    places = [make_location(code, position) for position, code in enumerate(PLACES)]
    for way in WAYS:
        make_rate(way, free_over=None)
    ShippingMethod.objects.filter(code="collect").update(collect_at=places[1])
    supplier = make_supplier(minimum_order=0)
    for number, product in enumerate([make_product("Shirt"), make_product("Coat")]):
        for position, size in enumerate(SIZES):
            ahead = AHEAD * number
            variant = make_variant(product, size=make_size(size), stock=0, sold_ahead=ahead, expected_on=None)
            make_source(variant, supplier)
            for place in (places[position % 2], places[2]):
                make_stock(variant, 6, place)


def supplied() -> list[int]:
    """The pieces there are, by id."""
    return list(SupplierProduct.objects.order_by("pk").values_list("variant_id", flat=True))


@contextmanager
def lean() -> Iterator[None]:
    """The shop with the bank that remembers nothing, and with only those of its handlers that move stock."""
    moving = {
        name: tuple(path for path in paths if not path.rpartition(".")[2].startswith(MOVES_NOTHING))
        for name, paths in HANDLERS.items()
    }
    providers = {"stripe": bank.PATH}
    with override_settings(PAYMENT_PROVIDERS=providers, PAYMENT_ADAPTERS=providers), mock.patch.dict(HANDLERS, moving):
        # Adapters are kept, and another test may have asked for the usual one.
        provider.cache_clear()
        yield
    provider.cache_clear()
