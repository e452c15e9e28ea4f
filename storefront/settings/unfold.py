"""How the staff site looks and what its side bar offers: by job, each line only to those who may open it."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def may_view(model: str, app: str = "shop") -> Callable[[HttpRequest], bool]:
    """A check of the signed-in person's right to see that model's rows."""

    def check(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{model}")

    return check


def page(title: str, icon: str, model: str, app: str = "shop") -> dict[str, Any]:
    """A side bar line that leads to a model's list."""
    link = reverse_lazy(f"admin:{app}_{model}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": may_view(model, app)}


HOME = {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")}

NAVIGATION = [
    {
        "title": "Today",
        "items": [
            HOME,
            page("Alerts", "notification_important", "alert"),
            page("Orders", "shopping_bag", "order"),
            page("Returns", "assignment_return", "return"),
            page("Mails", "mail", "outgoingmail"),
            page("Refused addresses", "unsubscribe", "mailrefusal"),
        ],
    },
    {
        "title": "Catalogue",
        "items": [
            page("Products", "checkroom", "product"),
            page("Prices", "sell", "productvariant"),
            page("Categories", "account_tree", "category"),
            page("Colours", "palette", "colour"),
            page("Sizes", "straighten", "sizesystem"),
            page("Size charts", "table_chart", "sizechart"),
            page("Import and export", "upload_file", "dataimport"),
            page("Bulk changes", "rule", "bulkchange"),
        ],
    },
    {
        "title": "Warehouse",
        "items": [
            page("Packing", "package_2", "packingtask"),
            page("Waves", "conveyor_belt", "wave"),
            page("Parcels", "deployed_code_history", "shipment"),
            page("Stock", "inventory_2", "stocklevel"),
            page("Stock ledger", "receipt_long", "stockmovement"),
            page("Reservations", "lock_clock", "reservation"),
            page("Back orders", "hourglass_top", "backorder"),
            page("Transfers", "move_down", "transfer"),
            page("Stock counts", "fact_check", "stockcount"),
            page("Locations", "warehouse", "stocklocation"),
            page("Delivery", "local_shipping", "shippingmethod"),
            page("Closed days", "event_busy", "shippingclosure"),
        ],
    },
    {
        "title": "Suppliers",
        "items": [
            page("Purchase orders", "assignment", "purchaseorder"),
            page("Receipts", "move_to_inbox", "goodsreceipt"),
            page("Suppliers", "factory", "supplier"),
            page("What they sell", "request_quote", "supplierproduct"),
        ],
    },
    {
        "title": "Marketing",
        "items": [
            page("Promotions", "redeem", "promotion"),
            page("Voucher codes", "confirmation_number", "voucher"),
            page("Redemptions", "done_all", "redemption"),
            page("Sales", "percent", "sale"),
        ],
    },
    {
        "title": "Money",
        "items": [
            page("Payments", "payments", "paymentattempt"),
            page("Refunds", "undo", "refund"),
            page("Disputes", "gavel", "dispute"),
            page("Provider events", "webhook", "providerevent"),
            page("Invoices", "description", "document"),
            page("VAT rates", "percent", "taxrate"),
        ],
    },
    {
        "title": "Shop",
        "items": [
            page("People", "group", "user"),
            page("Roles", "badge", "group", app="auth"),
            page("Events", "bolt", "outboxevent"),
            page("Releases", "rocket_launch", "release"),
            page("Restore drills", "settings_backup_restore", "restoredrill"),
            {
                "title": "What a month costs",
                "icon": "savings",
                "link": reverse_lazy("staff-costs"),
                "permission": may_view("release"),
            },
        ],
    },
]

UNFOLD = {
    "SITE_TITLE": "AspireClothes staff",
    "SITE_HEADER": "AspireClothes",
    "SITE_SYMBOL": "checkroom",
    "THEME": "light",
    "SHOW_HISTORY": True,
    "BORDER_RADIUS": "2px",
    "DASHBOARD_CALLBACK": "adminpanel.dashboard.add_dashboard",
    "STYLES": [lambda request: static("css/tokens.css"), lambda request: static("css/admin.css")],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/icon.svg")},
        {"rel": "apple-touch-icon", "href": lambda request: static("img/icon-180.png")},
    ],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    # The tokens of the shop: warm greys from paper to ink, and the accent.
    "COLORS": {
        "base": {
            "50": "#f8f5f0",
            "100": "#f1ede4",
            "200": "#dcd6ca",
            "300": "#c6c1b4",
            "400": "#6f675a",
            "500": "#5e584e",
            "600": "#4a453d",
            "700": "#38342e",
            "800": "#2a2723",
            "900": "#1d1b18",
            "950": "#14120f",
        },
        "primary": {
            "50": "#fbf3ef",
            "100": "#f5e3db",
            "200": "#e9c8ba",
            "300": "#d9a38d",
            "400": "#c2775a",
            "500": "#a4512f",
            "600": "#8a3b22",
            "700": "#74301b",
            "800": "#5c2716",
            "900": "#451d11",
            "950": "#2b120a",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
