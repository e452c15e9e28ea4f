"""The shop's addresses, by domain."""

from django.urls import include, path

urlpatterns = [
    path("", include("shop.core.urls")),
    path("", include("shop.catalog.urls")),
    path("", include("shop.graphql.urls")),
    path("", include("shop.accounts.urls")),
    path("", include("shop.privacy.urls")),
    path("", include("shop.cart.urls")),
    path("", include("shop.activity.urls")),
    path("", include("shop.wishlist.urls")),
    path("", include("shop.checkout.urls")),
    path("", include("shop.orders.urls")),
    path("", include("shop.delivery.urls")),
    path("", include("shop.invoices.urls")),
    path("", include("shop.suppliers.urls")),
    path("", include("shop.returns.urls")),
]
