from django.urls import path

from shop.invoices import views

urlpatterns = [
    path("orders/<slug:number>/<slug:key>/invoice/", views.invoice, name="order-invoice"),
    path("orders/<slug:number>/<slug:key>/credit-notes/<slug:document>/", views.credit_note, name="order-credit-note"),
]
