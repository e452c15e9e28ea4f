"""The staff site's own Content-Security-Policy. Every other address keeps the strict one."""

from collections.abc import Callable

from csp.decorators import csp_replace
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class AdminPolicyMiddleware:
    """Loosens the policy under the admin's address, also for its error pages and redirects."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.get_admin_response = csp_replace(settings.ADMIN_CONTENT_SECURITY_POLICY)(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.STAFF_PATH):
            return self.get_admin_response(request)
        return self.get_response(request)
