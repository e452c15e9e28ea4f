from django.urls import path

from shop.orders import views

urlpatterns = [
    path("orders/<slug:number>/<slug:key>/", views.order_detail, name="order-detail"),
]
