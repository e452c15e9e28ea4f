from django.urls import path

from shop.suppliers.views import api, page

urlpatterns = [
    path("supplier/api/v1/", api.documentation, name="supplier-api"),
    path("supplier/api/v1/openapi.json", api.openapi, name="supplier-openapi"),
    path("supplier/api/v1/orders/", api.orders, name="supplier-api-orders"),
    path("supplier/api/v1/orders/<str:number>/", api.order, name="supplier-api-order"),
    path("supplier/api/v1/orders/<str:number>/confirm/", api.confirm_order, name="supplier-api-confirm"),
    path("supplier/api/v1/orders/<str:number>/proposals/", api.propose_changes, name="supplier-api-propose"),
    path("supplier/api/v1/orders/<str:number>/ship-notice/", api.notify_shipped, name="supplier-api-shipped"),
    path("supplier/<str:token>/", page.order, name="supplier-order"),
    path("supplier/<str:token>/upload/", page.upload, name="supplier-upload"),
    path("supplier/<str:token>/order.pdf", page.as_pdf, name="supplier-pdf"),
    path("supplier/<str:token>/order.csv", page.as_csv, name="supplier-csv"),
]
