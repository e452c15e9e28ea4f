from django.urls import path

from shop.suppliers.views import page

urlpatterns = [
    path("supplier/<str:token>/", page.order, name="supplier-order"),
    path("supplier/<str:token>/upload/", page.upload, name="supplier-upload"),
    path("supplier/<str:token>/order.pdf", page.as_pdf, name="supplier-pdf"),
    path("supplier/<str:token>/order.csv", page.as_csv, name="supplier-csv"),
]
