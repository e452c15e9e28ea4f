"""Django's messages, in a cookie that is named as the shop's own are."""

from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from shop.core.cookies import named


class CookieMessages(CookieStorage):
    cookie_name = named("messages")


class Messages(FallbackStorage):
    """In the cookie, and what has no room there in the session."""

    storage_classes = (CookieMessages, SessionStorage)
