from django.urls import path

from shop.core import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.favicon),
    path("readyz", views.readyz, name="readyz"),
]
