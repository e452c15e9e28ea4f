"""Every address of the staff site, opened and posted to by everybody, as adminpanel/addresses.py says."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse

from adminpanel.addresses import DOORS, METHODS, ONLY, PAGES, Address, addresses
from adminpanel.roles import ROLES
from adminpanel.tests.builders import make_staff
from adminpanel.tests.one_of_each import one_of_each
from shop.accounts.models import User
from shop.bulk.models import BulkChange
from shop.catalog.models import Product
from shop.checkout.tests.paying_builders import FakeProvider
from shop.delivery.shipment_models import Shipment
from shop.imports.models import DataImport
from shop.invoices.models import Document
from shop.marketing.models import Promotion
from shop.orders.models import Order
from shop.orders.record_models import OrderHold
from shop.packing.models import PackingTask, Wave
from shop.payments.models import PaymentAttempt, ProviderEvent, Refund
from shop.returns.models import Return
from shop.suppliers.models import Supplier
from shop.suppliers.purchase_models import PurchaseOrder, PurchaseProposal, SupplierFile
from shop.tests.builders import make_user
from shop.warehouse.moving_models import StockCount, Transfer

pytestmark = pytest.mark.django_db
Rows = dict[type[Model], Model]

# The rows that stand for what an address takes, in its order. A table's own pages need no entry.
TAKES: dict[str, tuple[type[Model], ...]] = {
    **dict.fromkeys(("shop_order_sync", "shop_order_refund", "shop_order_cancel"), (Order,)),
    **dict.fromkeys(("shop_review_accept", "shop_review_refund"), (Order,)),
    **dict.fromkeys(
        (f"shop_return_{step}" for step in ("approve", "decline", "cancel", "receive", "settle")), (Return,)
    ),
    **dict.fromkeys(("shop_return_undelivered", "shop_return_open"), (Order,)),
    "shop_refund_again": (Order, Refund),
    "shop_hold_lift": (Order, OrderHold),
    **dict.fromkeys(("shop_payment_end", "shop_payment_return"), (Order, PaymentAttempt)),
    "shop_providerevent_again": (ProviderEvent,),
    "shop_document_pdf": (Document,),
    **dict.fromkeys(("shop_import_problems", "shop_import_write", "shop_import_cancel"), (DataImport,)),
    "shop_shipment_label": (Shipment,),
    **dict.fromkeys(("shop_bulkchange_write", "shop_bulkchange_undo"), (BulkChange,)),
    **dict.fromkeys(("shop_transfer_send", "shop_transfer_receive", "shop_transfer_cancel"), (Transfer,)),
    **dict.fromkeys(("shop_stockcount_finish", "shop_stockcount_reopen"), (StockCount,)),
    **dict.fromkeys(("shop_stockcount_cancel", "shop_stockcount_approve"), (StockCount,)),
    **dict.fromkeys(("shop_packing_out", "shop_packing_finish"), (PackingTask,)),
    **dict.fromkeys(("shop_wave_picks", "shop_wave_slips", "shop_wave_leave"), (Wave,)),
    **dict.fromkeys(("shop_promotion_codes", "shop_promotion_export", "shop_promotion_open_codes"), (Promotion,)),
    **dict.fromkeys(("shop_product_grid", "shop_product_open_grid"), (Product,)),
    **dict.fromkeys(("auth_user_password_change", "shop_user_second_step_off"), (User,)),
    **{f"shop_purchaseorder_{step}": (PurchaseOrder,) for step in ("approve", "again", "cancel", "close", "costs")},
    **{f"shop_purchaseorder_{step}": (PurchaseOrder,) for step in ("answer", "said", "receive", "pdf", "csv")},
    **{f"shop_purchaseorder_{step}": (PurchaseOrder, PurchaseProposal) for step in ("accept", "refuse")},
    "shop_supplier_key": (Supplier,),
    "shop_purchaseorder_file": (PurchaseOrder, SupplierFile),
}
QUESTIONS = {"autocomplete": "?app_label=shop&model_name=voucher&field_name=promotion&term="}


def url_of(address: Address, rows: Rows) -> str:
    """The address with the keys of real rows in it."""
    if address.name == "a table's short address":
        return "/" + re.sub(r"<.*>", "1", address.route)
    if address.name == "no such page":
        return "/admin/no-such-page/"
    try:
        name = address.name if address.name.startswith("staff-") else f"admin:{address.name}"
        return reverse(name, args=arguments(address, rows)) + QUESTIONS.get(address.name, "")
    except NoReverseMatch:
        pytest.fail(f"/{address.route}: say in TAKES which rows stand for what it takes")


def arguments(address: Address, rows: Rows) -> list[Any]:
    if address.name == "app_list":
        return ["auth"]
    if address.name == "view_on_site":
        return [ContentType.objects.get_for_model(Product).pk, rows[Product].pk]
    if not address.table:
        return [rows[model].pk for model in TAKES.get(address.name, ())]
    if address.name.endswith(("_changelist", "_add")):
        return []
    row = next((row for model, row in rows.items() if model._meta.label_lower == address.table.replace("_", ".")), None)
    if row is None:
        pytest.fail(f"/{address.route}: one_of_each() makes no row of {address.table}")
    if address.name.endswith("_simple_history"):
        return [row.pk, row.history.first().pk]  # type: ignore[attr-defined]
    return [row.pk]


@contextmanager
def undone() -> Iterator[list[str]]:
    """The statements that write, which are taken back at the end; sessions are nobody's affair."""
    written = []

    def look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if re.match(r"(INSERT|UPDATE|DELETE)(?!.*django_session)", sql, re.DOTALL):
            written.append(sql[:60])
        return execute(sql, *rest)

    block = transaction.atomic()
    # As a test's own: payments refuse to be asked about within a transaction of the shop's.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block, connection.execute_wrapper(look):
        yield written
        transaction.set_rollback(True)


def outcome(client: Client, method: str, url: str) -> str:
    """What somebody gets in a word; a page that writes on a GET, or although it refuses, is told."""
    with undone() as written:
        response = client.generic(method, url)
    place = response.headers.get("Location", "")
    if place.startswith("/admin/login/"):
        word = "sign in"
    elif response.status_code in (200, 302, 303, 422):
        word = "open" if place != "/admin/" else "lost"
    else:
        word = {403: "refused", 404: "none", 405: "not so"}.get(response.status_code, str(response.status_code))
    return f"{word}, but {written}" if written and (method == "GET" or word != "open") else word


def expected(address: Address, method: str, who: str) -> str:
    if who in ("customer", "stranger"):
        return "sign in"
    if address.name == "no such page":
        return "none"
    if ONLY.get(address.name, method) != method:
        return "not so"
    needs = address.needs(method)
    if who in address.roles(method) or needs == set():
        return "open"
    return "none" if address.name == "app_list" else "refused"


def visitor(who: str) -> User | AnonymousUser:
    if who == "stranger":
        return AnonymousUser()
    if who in ROLES:
        return make_staff(who)
    return make_user(is_staff=who != "customer")


class SignedIn:
    """In place of all middleware: who is asking is known, and no request looks it up anew."""

    who: User | AnonymousUser = AnonymousUser()

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.user = self.who
        request.session = SessionStore()
        request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
        return self.get_response(request)


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Refusals without their pages and log lines, which are always the same, and no other middleware than SignedIn."""
    settings.MIDDLEWARE = [f"{__name__}.SignedIn"]
    monkeypatch.setattr("storefront.urls.handler403", lambda *args, **words: HttpResponse(status=403), raising=False)
    monkeypatch.setattr("storefront.urls.handler404", lambda *args, **words: HttpResponse(status=404), raising=False)
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    # The client copies the context of every small template for assertions that nobody makes here.
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *args, **words: None)


@pytest.mark.parametrize("who", [*ROLES, "staff without a role", "customer", "stranger"])
def test_every_address_answers_everybody_as_their_rights_say(
    who: str, fake: FakeProvider, plain: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, client = one_of_each(), Client(raise_request_exception=False)
    monkeypatch.setattr(SignedIn, "who", visitor(who))
    urls = {address: url_of(address, rows) for address in addresses() if address.name not in DOORS}
    wrong = {}
    for method in METHODS:
        if (method, who) != ("GET", "owner"):
            # The owner looks at every page; that others may open it too can be told without its template.
            monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
        for address, url in urls.items():
            answer, wanted = outcome(client, method, url), expected(address, method, who)
            if answer != wanted:
                wrong[f"{method} {url} ({address.name})"] = f"{answer}; expected: {wanted}"
    assert wrong == {}


def test_every_address_says_which_rights_it_asks_for() -> None:
    silent = {address.name: f"/{address.route}" for address in addresses() if not address.table}
    assert set(silent) - set(PAGES) - set(DOORS) == set(), "say in PAGES of adminpanel/addresses.py what these ask for"
    assert set(PAGES) <= set(silent), "PAGES names pages that are gone"


def test_the_command_lists_every_address_with_who_may(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("roles", addresses=True)
    lines = capsys.readouterr().out.splitlines()
    assert "admin/shop/order/<int:order_id>/refund/ | owner, customer care | owner, customer care" in lines
    assert "admin/shop/outgoingmail/<path:object_id>/change/ | owner, customer care | nobody" in lines
    assert lines[-1].startswith(f"{len(addresses())} addresses")
