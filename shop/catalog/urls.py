from django.urls import URLPattern, path

from shop.catalog.views import home, listing, machines, pages, product, search

urlpatterns: list[URLPattern] = [
    path("", home.home, name="shop-home"),
    path("shop/", listing.listing, name="shop-all"),
    path("shop/<slug:slug>/", listing.listing, name="shop-category"),
    path("product/<slug:slug>/", product.product, name="shop-product"),
    path("search/", search.search, name="shop-search"),
    path("search/suggest/", search.suggest, name="shop-suggest"),
    path("pages/<slug:slug>/", pages.page, name="shop-page"),
    path("colours.css", listing.colours, name="shop-colours"),
    path("sitemap.xml", machines.sitemap, name="sitemap"),
    path("robots.txt", machines.robots, name="robots"),
    path("feeds/products.xml", machines.feed, name="product-feed"),
]
