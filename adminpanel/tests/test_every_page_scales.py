"""Every list, form and page of the staff site takes the same few queries, and reads as few rows, of long tables."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client

from adminpanel.addresses import NOBODY, ONLY, PAGES, Address, addresses
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.many_of_each import SHORT, more_of_each
from adminpanel.tests.one_of_each import one_of_each
from adminpanel.tests.test_every_address import url_of
from shop.checkout.tests.paying_builders import FakeProvider
from shop.demo.multiply import Copies, analyse, multiply

pytestmark = pytest.mark.django_db
FEW, MANY = 8, 150
MOST_QUERIES = {"changelist": 12}
MOST_QUERIES_OF_A_FORM = 20
# A list shows 50 rows; what hangs on one row is a fraction of MANY.
MOST_ROWS = 100
OTHERS = "changelist", "add", "change"


@dataclass(frozen=True)
class Asked:
    """A statement and how many rows came of it."""

    sql: str
    rows: int

    @property
    def is_of_code(self) -> bool:
        """Whether it reads what only a new version of the shop makes longer: rights and kinds of rows."""
        return '"auth_permission"' in self.sql or '"django_content_type"' in self.sql

    @property
    def counts_all(self) -> bool:
        within = re.sub(r"FILTER \(WHERE.*?\)", "", self.sql)
        return within.startswith("SELECT COUNT(") and "LIMIT" not in within and "WHERE" not in within

    @property
    def is_unbounded(self) -> bool:
        """Whether it reads a long table as far as it goes."""
        table = re.search(r'^SELECT .*? FROM "(\w+)"', self.sql)
        if table is None or table[1] in SHORT or self.sql.startswith("SELECT COUNT("):
            return False
        return "LIMIT" not in self.sql and not re.search(r"WHERE .*(= %s| IN \()", self.sql)


@contextmanager
def listening() -> Iterator[list[Asked]]:
    """All that the database is asked."""
    heard: list[Asked] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        answer = execute(sql, params, many, context)
        heard.append(Asked(sql, context["cursor"].rowcount))
        return answer

    with connection.execute_wrapper(note):
        yield heard


def pages() -> Iterator[Address]:
    """What an owner opens: each table's list and forms, and the staff site's own pages."""
    for address in addresses():
        page = address.name.rpartition("_")[2] if address.table else ""
        opened = "GET" not in NOBODY.get(address.name, ()) and ONLY.get(address.name) != "POST"
        wanted = page in OTHERS if address.table else address.name in PAGES
        if wanted and opened and "owner" in address.roles("GET"):
            yield address


def walk(client: Client, urls: dict[str, str]) -> dict[str, list[Asked]]:
    found = {}
    for name, url in urls.items():
        with listening() as heard:
            assert client.get(url).status_code in (200, 302, 303), url
        found[name] = heard
    return found


def complaints(name: str, few: list[Asked], many: list[Asked]) -> Iterator[str]:
    """What is wrong with the queries of a page."""
    most = MOST_QUERIES.get(name.rpartition("_")[2], MOST_QUERIES_OF_A_FORM)
    if len(many) > most:
        yield f"{len(many)} queries, of {most}"
    if len(many) > len(few):
        yield f"{len(few)} queries with few rows, {len(many)} with many"
    for asked in many:
        if not asked.is_of_code:
            yield from (f"all rows are counted: {asked.sql}" for _ in range(asked.counts_all))
            # Of several queries in one, each has its own bound.
            most = MOST_ROWS * max(1, asked.sql.count("LIMIT"))
            yield from (f"{asked.rows} rows: {asked.sql}" for _ in range(asked.rows > most))
            yield from (f"no bound: {asked.sql}" for _ in range(asked.is_unbounded))


def test_every_page_takes_the_same_few_queries_however_long_the_tables_are(fake: FakeProvider) -> None:
    rows = more_of_each(one_of_each())
    client = signed_in(make_staff("owner"))
    urls = {address.name: url_of(address, rows) for address in pages() if address.name != "no such page"}
    # What every process asks once.
    ContentType.objects.get_for_models(*apps.get_models())
    client.get(urls["index"])
    multiply(Copies(FEW, dict.fromkeys(SHORT, FEW), gather=2))
    few = walk(client, urls)
    multiply(Copies(MANY, dict.fromkeys(SHORT, FEW), first=FEW + 1, gather=2))
    analyse()
    many = walk(client, urls)
    wrong = {name: found for name in urls if (found := list(complaints(name, few[name], many[name])))}
    assert wrong == {}
    assert len(urls) > 130
