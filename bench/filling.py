"""Run in a process of its own: makes the staff site's tables long, and prints what is needed to open it as an owner."""

import json
import os
from unittest.mock import patch

import django

django.setup()

from django.contrib import admin  # noqa: E402 - these need the line above
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from adminpanel.tests.builders import make_staff  # noqa: E402
from adminpanel.tests.many_of_each import SHORT, more_of_each  # noqa: E402
from adminpanel.tests.one_of_each import one_of_each  # noqa: E402
from shop.catalog.models import ProductVariant  # noqa: E402
from shop.demo.build import Plan, build  # noqa: E402
from shop.demo.multiply import Copies, analyse, multiply  # noqa: E402
from shop.orders.models import Order  # noqa: E402
from shop.warehouse.models import StockLevel  # noqa: E402

# How often what belongs to a product is copied; everything else as often as orders, or as it is said here.
PRODUCTS, ORDERS = 100, 500
CATALOGUE = (
    *("shop_product", "shop_productvariant", "shop_productimage", "shop_productlisting", "shop_pricerecord"),
    *("shop_historicalproduct", "shop_historicalproductvariant", "shop_saleprice", "shop_stocklevel"),
    *("shop_supplierproduct", "shop_historicalsupplierproduct"),
)
TIMES = {
    **dict.fromkeys(SHORT, 0),
    **dict.fromkeys((f"shop_historical{table.removeprefix('shop_')}" for table in SHORT), 0),
    **dict.fromkeys(CATALOGUE, PRODUCTS),
    **dict.fromkeys(("shop_supplier", "shop_historicalsupplier", "shop_promotion", "shop_sale"), 20),
}


def main() -> None:
    """Prints JSON: the session's cookie, pages by name, searches by name, and how long the tables are."""
    # Drawing pictures takes minutes, and the staff site shows few.
    with open(os.devnull, "w") as nowhere, patch("shop.demo.build.make_pictures"):
        build(Plan(), nowhere)
    more_of_each(one_of_each())
    client = Client()
    client.force_login(make_staff("owner", "bench@example.org"))
    multiply(Copies(ORDERS, TIMES))
    analyse()
    told = {
        "cookie": f"sessionid={client.cookies['sessionid'].value}",
        "pages": {"home": reverse("admin:index"), **lists()},
        "searches": searches(),
        "rows": {"variants": ProductVariant.objects.count(), "orders": Order.objects.count()},
    }
    print(json.dumps(told, default=str))


def lists() -> dict[str, str]:
    """The address of each list."""
    tables = [(model._meta.app_label, model._meta.model_name) for model in admin.site._registry]
    return {f"{table}": reverse(f"admin:{app}_{table}_changelist") for app, table in sorted(tables)}


def searches() -> dict[str, str]:
    """What staff look for: one thing by its number, and what has a word in it."""
    order = Order.objects.order_by("pk")[50_000]
    sku = StockLevel.objects.select_related("variant").order_by("pk")[50_000].variant.sku
    looked_for = {
        "order": (order.number, order.email, order.full_name.split()[0]),
        "productvariant": (sku, sku[:6], "linen"),
        "stocklevel": (sku, "linen"),
        "product": (sku, "linen"),
        "stockmovement": (sku, order.number),
        "reservation": (order.number,),
        "packingtask": (order.number, sku),
        "shipment": (order.number,),
        "paymentattempt": (order.number,),
        "refund": (order.number,),
        "return": (order.number,),
        "user": (order.email, "maria"),
        "outgoingmail": (order.email, order.number),
        "document": (order.number,),
        "alert": (order.number,),
    }
    pages = lists()
    return {f"{table} ? {word}": f"{pages[table]}?q={word}" for table, words in looked_for.items() for word in words}


if __name__ == "__main__":
    main()
