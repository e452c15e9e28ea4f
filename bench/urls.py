"""The shop's addresses, and the bare view that everything is compared with."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """The least a Django view can do: that many bytes."""
    return HttpResponse(b"x" * size)


urlpatterns = [path("bench/bare/<int:size>/", bare), path("", include("storefront.urls"))]
