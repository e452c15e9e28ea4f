from django.urls import path

from shop.wishlist import views

urlpatterns = [
    path("wishlist/", views.wishlist, name="wishlist"),
    path("account/wishlist/", views.account_wishlist, name="account-wishlist"),
    path("wishlist/add/", views.add, name="wishlist-add"),
    path("wishlist/remove/", views.remove, name="wishlist-remove"),
]
