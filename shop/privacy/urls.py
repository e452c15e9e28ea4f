from django.urls import path

from shop.privacy import views

urlpatterns = [
    path("account/data/", views.data, name="account-data"),
    path("account/data/export.json", views.export_json, name="account-data-export-json"),
    path("account/data/export.csv", views.export_csv, name="account-data-export-csv"),
    path("account/data/erase/", views.erase, name="account-data-erase"),
]
