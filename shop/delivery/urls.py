from django.urls import path

from shop.delivery import views

urlpatterns = [
    path("webhooks/carrier/<slug:name>/", views.webhook_carrier, name="webhook-carrier"),
]
