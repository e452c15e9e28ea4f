"""Django looks here for ModelAdmins: each domain registers its own."""

from adminpanel import (  # noqa: F401 - importing registers
    alerts_admin,
    catalog_admin,
    counts_admin,
    delivery_admin,
    documents_admin,
    marketing_admin,
    messages_admin,
    orders_admin,
    packing_admin,
    payments_admin,
    people_admin,
    products_admin,
    purchase_admin,
    returns_admin,
    stock_admin,
    suppliers_admin,
    tax_admin,
    transfers_admin,
    variants_admin,
    waves_admin,
)
