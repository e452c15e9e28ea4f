"""Every address of the staff site with the rights it asks for; `manage.py roles --addresses` prints the list.

The addresses come from Django's resolver. What Django's own pages of a table ask for is known; what any other page asks
for is written down here. A test opens each as everybody (adminpanel/tests/test_every_address.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from adminpanel.roles import ROLES, rights

METHODS = ("GET", "POST")
# Pages that Django makes for every table, with the verbs that looking and posting ask for.
TABLE_PAGES = {
    "changelist": ("view", "view"),
    "add": ("add", "add"),
    "change": ("view", "change"),
    "history": ("view", "view"),
    "delete": ("delete", "delete"),
    "simple_history": ("view", "change"),
}
MONEY_BACK = "view_order add_refund"
PURCHASE = "view_purchaseorder change_purchaseorder"
GRID = "change_product add_productvariant change_productvariant"
# The rights that any other page asks for; none: whoever is on the staff opens it.
PAGES = {
    **dict.fromkeys(("index", "search", "jsi18n", "view_on_site", "password_change_done"), ""),
    **dict.fromkeys(("staff-find", "staff-filter-save", "staff-filter-change"), ""),
    **dict.fromkeys(("a table's short address", "no such page"), ""),
    "staff-costs": "view_release",
    "app_list": "view_group",
    "autocomplete": "view_promotion",
    **dict.fromkeys(("shop_order_refund", "shop_order_cancel", "shop_review_accept", "shop_review_refund"), MONEY_BACK),
    **dict.fromkeys(("shop_refund_again", "shop_hold_lift", "shop_payment_end", "shop_payment_return"), MONEY_BACK),
    **{f"shop_purchaseorder_{step}": PURCHASE for step in ("approve", "again", "cancel", "close", "costs", "answer")},
    **{f"shop_purchaseorder_{step}": PURCHASE for step in ("accept", "refuse", "said")},
    **{f"shop_purchaseorder_{step}": "view_purchaseorder" for step in ("pdf", "csv", "file")},
    "shop_supplier_key": "change_supplier",
    "shop_purchaseorder_receive": "view_purchaseorder add_goodsreceipt",
    **dict.fromkeys(("shop_return_approve", "shop_return_decline", "shop_return_cancel"), "view_return add_return"),
    "shop_return_receive": "view_return change_return",
    "shop_return_undelivered": "view_order change_return",
    "shop_return_open": "view_order add_return",
    "shop_return_settle": "view_return add_refund",
    "shop_order_sync": "view_order change_paymentattempt",
    "shop_providerevent_again": "view_providerevent change_paymentattempt",
    "shop_document_pdf": "view_document",
    "shop_shipment_label": "view_shipment",
    **dict.fromkeys(("shop_transfer_send", "shop_transfer_receive", "shop_transfer_cancel"), "change_transfer"),
    **dict.fromkeys(
        ("shop_stockcount_finish", "shop_stockcount_reopen", "shop_stockcount_cancel"), "change_stockcount"
    ),
    "shop_stockcount_approve": "change_stockcount change_stocklevel",
    **dict.fromkeys(("shop_packing_out", "shop_packing_finish"), "change_packingtask"),
    **dict.fromkeys(("shop_packing_find", "shop_packing_slips"), "view_packingtask"),
    **dict.fromkeys(("shop_wave_picks", "shop_wave_slips"), "view_wave"),
    "shop_wave_leave": "change_packingtask",
    **dict.fromkeys(("shop_promotion_codes", "shop_promotion_export"), "view_promotion add_voucher"),
    "shop_promotion_open_codes": "view_promotion add_voucher",
    **dict.fromkeys(("shop_product_grid", "shop_product_open_grid"), GRID),
    "shop_import_variants": "add_productvariant change_productvariant",
    "shop_import_stock": "change_stocklevel",
    "shop_import_sources": "add_supplierproduct change_supplierproduct",
    "shop_export_variants": "view_productvariant",
    "shop_export_stock": "view_stocklevel",
    "shop_export_sources": "view_supplierproduct",
    "shop_import_problems": "view_dataimport view_productvariant",
    **dict.fromkeys(("shop_import_write", "shop_import_cancel"), "view_dataimport change_productvariant"),
    **dict.fromkeys(("shop_bulkchange_write", "shop_bulkchange_undo"), "view_bulkchange change_productvariant"),
    **dict.fromkeys(("auth_user_password_change", "shop_user_second_step_off"), "change_user"),
}
# Nobody does these whatever they hold: only the shop itself writes such rows, or they are made elsewhere.
NOBODY = {
    **dict.fromkeys(("shop_transfer_delete", "shop_stockcount_delete"), METHODS),
    **dict.fromkeys(
        ("shop_refund_add", "shop_productvariant_add", "shop_goodsreceipt_add", "shop_return_add"), METHODS
    ),
    "shop_return_change": ("POST",),
    **dict.fromkeys(("shop_paymentattempt_change", "shop_outboxevent_change", "shop_outgoingmail_change"), ("POST",)),
    "shop_mailrefusal_change": ("POST",),
}
# Answered by one method only; the other is a 405 to all staff.
ONLY = {
    **dict.fromkeys(("shop_order_sync", "shop_providerevent_again", "shop_import_write", "shop_import_cancel"), "POST"),
    **dict.fromkeys(("shop_packing_out", "shop_packing_finish", "shop_wave_leave"), "POST"),
    **dict.fromkeys(("shop_bulkchange_write", "shop_bulkchange_undo"), "POST"),
    **dict.fromkeys(("staff-filter-save", "staff-filter-change"), "POST"),
    **dict.fromkeys(
        ("staff-find", "shop_document_pdf", "shop_shipment_label", "autocomplete", "jsi18n", "password_change_done"),
        "GET",
    ),
    **dict.fromkeys(("shop_packing_find", "shop_packing_slips", "shop_wave_picks", "shop_wave_slips"), "GET"),
    "staff-costs": "GET",
}
# The ways in, out and to a new password, which ask for no right.
DOORS = ("login", "logout", "password_change")


@dataclass(frozen=True)
class Address:
    """route: as the resolver has it, such as admin/shop/order/<path:object_id>/change/."""

    route: str
    name: str

    @property
    def table(self) -> str:
        """The table whose page Django made this, such as shop_order; empty for any other page."""
        table, _, page = self.name.rpartition("_")
        if self.name.endswith("_simple_history"):
            table, page = self.name.removesuffix("_simple_history"), "simple_history"
        return table if page in TABLE_PAGES and table in tables() else ""

    def needs(self, method: str) -> set[tuple[str, str]] | None:
        """All that a role must hold, as in adminpanel.roles.rights(); None: nobody may. KeyError: not written down."""
        if method in NOBODY.get(self.name, ()):
            return None
        if self.table:
            app, _, model = self.table.partition("_")
            verbs = TABLE_PAGES[self.name.removeprefix(f"{self.table}_")]
            return {(app, f"{verbs[METHODS.index(method)]}_{model}")}
        return {("auth" if right.endswith("_group") else "shop", right) for right in PAGES[self.name].split()}

    def roles(self, method: str) -> list[str]:
        """The roles that may."""
        needs = self.needs(method)
        return [role for role in ROLES if needs is not None and needs <= rights(role)]


def tables() -> set[str]:
    """The tables that have pages: shop_order, auth_group."""
    return {f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry}


def addresses() -> list[Address]:
    """All, in the resolver's order; of two with the same route the one that answers."""
    found: dict[str, Address] = {}
    for route, name in _routes(get_resolver(), ""):
        if route.startswith("admin/"):
            found.setdefault(route, Address(route, name or _name_for(route)))
    return list(found.values())


def _routes(resolver: URLResolver, before: str) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.name or ""
        else:
            yield from _routes(pattern, route)


def _name_for(route: str) -> str:
    """Django leaves three addresses without a name, and the shop its doors, which are named after their path."""
    if re.fullmatch(r"admin/\w+/\w+/<path:object_id>/", route):
        return "a table's short address"
    return "no such page" if "(?P<url>" in route else route.removeprefix("admin/").strip("/")
