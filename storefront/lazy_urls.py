"""Addresses that are imported once one of them is asked for."""

from typing import Any

from django.urls import URLResolver
from django.urls.resolvers import RoutePattern


class LazyURLResolver(URLResolver):
    """An include by name whose module is left alone until an address under it is resolved or reversed.

    Django's own resolver imports it as soon as any address of the project is reversed, to look for names in it; under
    a namespace there are none to find.
    """

    def _populate(self) -> None:
        if "urlconf_module" in vars(self):
            super()._populate()

    @property
    def namespace_dict(self) -> Any:
        return self.url_patterns and super().namespace_dict

    @property
    def app_dict(self) -> Any:
        return self.url_patterns and super().app_dict

    @property
    def reverse_dict(self) -> Any:
        return self.url_patterns and super().reverse_dict


def lazy_include(route: str, module: str, *, namespace: str) -> LazyURLResolver:
    """path(route, include(module)) under that namespace, for a module that takes long to import."""
    return LazyURLResolver(RoutePattern(route), module, app_name=namespace, namespace=namespace)
