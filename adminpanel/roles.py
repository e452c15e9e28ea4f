"""Who may do what: one table from role to rights, written into Django's groups by sync_roles()."""

from django.contrib.auth.models import Group, Permission

# Letters: v view, a add, c change, d delete. Change on a read-only model allows its one button: sync a payment,
# retry an event, send a mail again, correct a stock level, pack, send a parcel, close an alert.
CATALOGUE = ("category", "colour", "product", "productvariant", "productimage", "sizesystem", "size", "sizechart")
CATALOGUE_ALL = (*CATALOGUE, "sizechartentry")
# Delete is for the lines of a draft: transfers and counts themselves are cancelled.
MOVING = ("transfer", "transferline", "stockcount", "stockcountline")
MARKETING = ("promotion", "voucher", "sale")
# Tables on a person's page, without pages of their own.
CUSTOMERS_OWN = ("address", "consent", "accountevent")

ROLES: dict[str, dict[str, str]] = {
    "owner": {
        **dict.fromkeys(CATALOGUE_ALL, "vacd"),
        **dict.fromkeys(("stocklocation", "shippingmethod", "shippingrate", "shippingclosure"), "vacd"),
        **dict.fromkeys(MOVING, "vacd"),
        "backorder": "v",
        "taxrate": "vacd",
        **dict.fromkeys(("dataimport", "bulkchange"), "v"),
        "document": "v",
        **dict.fromkeys(
            ("stocklevel", "packingtask", "shipment", "paymentattempt", "outboxevent", "outgoingmail", "alert"), "vc"
        ),
        "mailrefusal": "vc",
        **dict.fromkeys(("supplier", "supplierproduct", "purchaseorderline"), "vacd"),
        # Purchase orders are cancelled, never deleted. Add of a receipt: receive goods.
        **{"purchaseorder": "vac", "goodsreceipt": "va"},
        **dict.fromkeys(("stockmovement", "reservation", "wave", "order", "orderline", "orderstatechange"), "v"),
        **dict.fromkeys(MARKETING, "vacd"),
        "redemption": "v",
        **dict.fromkeys(("providerevent", "dispute"), "v"),
        **dict.fromkeys(("release", "restoredrill"), "v"),
        # Add allows all that gives money back or stops it: refund, call off, lift a hold.
        "refund": "va",
        # Add allows to decide about one, change to open its parcel; the money is a refund's right.
        "return": "vac",
        "user": "vacd",
        **dict.fromkeys(CUSTOMERS_OWN, "v"),
        "auth.group": "vacd",
    },
    "catalogue": {
        **dict.fromkeys(("dataimport", "bulkchange"), "v"),
        **dict.fromkeys(CATALOGUE_ALL, "vacd"),
        **dict.fromkeys(("stocklevel", "supplier", "supplierproduct"), "v"),
    },
    "warehouse": {
        **dict.fromkeys(("dataimport", "bulkchange"), "v"),
        **dict.fromkeys(("product", "productvariant", "productimage"), "v"),
        **dict.fromkeys(("order", "orderline", "stockmovement", "reservation", "wave"), "v"),
        **dict.fromkeys(("shippingmethod", "shippingrate"), "v"),
        **dict.fromkeys(("stocklevel", "packingtask", "shipment", "alert"), "vc"),
        "return": "vc",
        "shippingclosure": "vacd",
        "stocklocation": "vac",
        "backorder": "v",
        **dict.fromkeys(MOVING, "vacd"),
        **dict.fromkeys(("supplier", "purchaseorder", "purchaseorderline"), "v"),
        "goodsreceipt": "va",
    },
    "customer care": {
        **dict.fromkeys(("product", "productvariant", "productimage", "stocklevel", "reservation"), "v"),
        **dict.fromkeys(("order", "orderline", "orderstatechange", "providerevent", "dispute", "user"), "v"),
        **dict.fromkeys(("packingtask", "wave"), "v"),
        "refund": "va",
        "return": "va",
        "backorder": "v",
        **dict.fromkeys(("shippingmethod", "shippingrate", "sizechart", "sizechartentry"), "v"),
        **dict.fromkeys(("taxrate", "document", "shipment", "shippingclosure"), "v"),
        **dict.fromkeys(CUSTOMERS_OWN, "v"),
        **dict.fromkeys(("paymentattempt", "outgoingmail", "mailrefusal", "alert"), "vc"),
        **dict.fromkeys((*MARKETING, "redemption"), "v"),
    },
    "marketing": {
        **dict.fromkeys(MARKETING, "vacd"),
        "redemption": "v",
        **dict.fromkeys(("product", "productvariant", "productimage", "colour", "stocklevel"), "v"),
        "category": "vc",
    },
    # Figures without names: lines of orders, not orders.
    "analyst": {
        **dict.fromkeys(("category", "product", "productvariant", "productimage"), "v"),
        **dict.fromkeys(("orderline", "stocklevel", "stockmovement", "release"), "v"),
    },
}

VERBS = {"v": "view", "a": "add", "c": "change", "d": "delete"}


def rights(role: str) -> set[tuple[str, str]]:
    """The role's permissions as (app label, codename)."""
    found = set()
    for model, letters in ROLES[role].items():
        app, _, name = model.rpartition(".")
        found |= {(app or "shop", f"{VERBS[letter]}_{name}") for letter in letters}
    return found


def sync_roles() -> None:
    """Make the groups as the table says; groups with other names stay as they are. Running it again changes nothing."""
    known = {(p.content_type.app_label, p.codename): p for p in Permission.objects.select_related("content_type")}
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role)
        group.permissions.set([known[key] for key in rights(role)])
