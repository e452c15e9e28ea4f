"""The shop's own cookies: signed, out of reach of scripts, and of this host alone."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


def named(name: str) -> str:
    """The name as the browser has it. In production it begins with __Host-: no other host can have set it."""
    return f"{settings.COOKIE_PREFIX}{name}"


@dataclass(frozen=True, slots=True)
class SignedCookie:
    """A cookie that only the shop can write; one that was edited, or is older than it lasts, is as good as none."""

    name: str
    salt: str
    lasts: timedelta

    def read(self, request: HttpRequest) -> str:
        """What it says; empty without one."""
        return request.get_signed_cookie(named(self.name), default="", salt=self.salt, max_age=self.lasts) or ""

    def write(self, request: HttpRequest, response: HttpResponseBase, value: str) -> None:
        secure = request.is_secure() or bool(settings.COOKIE_PREFIX)
        response.set_signed_cookie(
            named(self.name),
            value,
            salt=self.salt,
            max_age=self.lasts,
            httponly=True,
            samesite="Lax",
            secure=secure,
        )

    def is_sent(self, request: HttpRequest) -> bool:
        """Whether the request has one, whatever it says."""
        return named(self.name) in request.COOKIES

    def drop(self, request: HttpRequest) -> None:
        """Take it out of the request: for whatever reads it after this."""
        request.COOKIES.pop(named(self.name), None)

    def forget(self, response: HttpResponseBase) -> None:
        response.delete_cookie(named(self.name), samesite="Lax")
