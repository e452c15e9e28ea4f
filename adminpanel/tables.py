"""Addresses of the staff site's tables. Importing this loads every ModelAdmin: no buyer should wait for it."""

from django.contrib import admin

admin.autodiscover()

urlpatterns, *names = admin.site.urls
