"""Every address of the project. The shop's own lie in shop/urls.py."""

from django.apps import apps
from django.conf import settings
from django.conf.urls.static import static
from django.urls import URLPattern, URLResolver, include, path

from storefront.lazy_urls import lazy_include

STAFF = settings.STAFF_PATH.removeprefix("/")

urlpatterns: list[URLPattern | URLResolver] = [
    path(STAFF, include("adminpanel.urls")),
    lazy_include(STAFF, "adminpanel.tables", namespace="admin"),
    path("", include("shop.urls")),
]

if apps.is_installed("sandbox"):
    urlpatterns += [path("sandbox/", include("sandbox.urls"))]
if settings.DEBUG or apps.is_installed("sandbox"):
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
