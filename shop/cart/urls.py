from django.urls import path

from shop.cart import views

urlpatterns = [
    path("cart/", views.cart, name="cart"),
    path("cart/add/", views.add, name="cart-add"),
    path("cart/update/", views.update, name="cart-update"),
    path("cart/code/", views.code, name="cart-code"),
    path("me/", views.me, name="me"),
]
