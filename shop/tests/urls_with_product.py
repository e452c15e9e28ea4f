"""The project's addresses, and a product page's while there is none."""

from django.http import HttpResponse
from django.urls import path

from storefront.urls import urlpatterns as ours

urlpatterns = [*ours, path("product/<slug:slug>/", lambda request, slug: HttpResponse(slug), name="shop-product")]
