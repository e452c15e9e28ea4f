"""What requests cost this machine: processor time, queries and bytes, asked of the shop's own pages in this process."""

import re
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from shop.catalog.models import ProductListing
from shop.core import clock
from shop.core.errors import ShopError
from shop.operations.costs.inputs import Request

WARM_UP = 5


def measure(requests: int, job_runs: int) -> dict[str, Any]:
    """What measured.json holds. Raises ShopError for a shop that lists no product."""
    with override_settings(DEBUG=False, ALLOWED_HOSTS=["testserver"]):
        found = {name: asdict(_cost(visit, requests)) for name, visit in _visits().items()}
    products = ProductListing.objects.count()
    return {
        "how": f"{requests} requests of each kind in one process against {products} products, gzip, without a server "
        "or a network; CPU time of this machine",
        "at": f"{clock.now():%Y-%m-%d}",
        "requests": found,
        "job_runs": job_runs,
    }


def _visits() -> dict[str, Callable[[], Any]]:
    guest, buyer = Client(headers={"accept-encoding": "gzip"}), Client(headers={"accept-encoding": "gzip"})
    product = re.search(r'href="(/product/[^"?]+)', Client().get("/shop/").content.decode())
    if product is None:
        raise ShopError("The shop lists no product. Make some, such as with `manage.py demo`.")
    _fill_bag(buyer, product[1])
    return {
        "home": lambda: guest.get("/"),
        "listing": lambda: guest.get("/shop/?colour=blue&stock=1"),
        "product": lambda: guest.get(product[1]),
        "search": lambda: guest.get("/search/?q=linen"),
        "me": lambda: guest.get("/me/"),
        "bag": lambda: buyer.get("/cart/"),
    }


def _fill_bag(buyer: Client, product: str) -> None:
    page = Client().get(product).content.decode()
    inputs = [tag for tag in re.findall(r"<input[^>]*>", page) if 'name="' in tag and "value=" in tag]
    fields = dict.fromkeys(("product", "colour", "size"), "")
    for tag in inputs:
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and not fields.get(name[1], "-"):
            fields[name[1]] = value[1]
    buyer.post("/cart/add/", fields, headers={"origin": settings.SITE_URL})


def _cost(visit: Callable[[], Any], requests: int) -> Request:
    for _ in range(WARM_UP):
        answer = visit()
    statements: list[str] = []

    def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        visit()
    began = time.process_time()
    for _ in range(requests):
        visit()
    spent = (time.process_time() - began) * 1000 / requests
    return Request(round(spent, 2), len(statements), len(answer.content))
