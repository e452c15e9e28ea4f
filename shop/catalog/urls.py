from django.urls import URLPattern, path

from shop.catalog.views import listing, search

urlpatterns: list[URLPattern] = [
    path("shop/", listing.listing, name="shop-all"),
    path("shop/<slug:slug>/", listing.listing, name="shop-category"),
    path("search/", search.search, name="shop-search"),
    path("search/suggest/", search.suggest, name="shop-suggest"),
    path("colours.css", listing.colours, name="shop-colours"),
]
