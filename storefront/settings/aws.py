"""Production: nothing has a default that would be unsafe; a missing value stops the start with its name."""

from storefront.settings.base import *  # noqa: F403
from storefront.settings.base import DATABASES, MIDDLEWARE, env

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SITE_URL = env.str("SITE_URL").rstrip("/")
# Without them everybody behind the edge shares one address, and one person's wrong passwords lock out all.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES")
# Whoever goes around the edge is refused before anything else.
ORIGIN_SECRET = env.str("ORIGIN_SECRET")
MIDDLEWARE.insert(0, "storefront.aws.origin.OnlyThroughTheEdge")
DATABASES["default"] = env.db_url("DATABASE_URL") | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

# An invoice without them is none. The VAT number may be missing: not every seller has one.
SELLER_NAME = env.str("SELLER_NAME")
SELLER_ADDRESS = env.list("SELLER_ADDRESS")

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = ""

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
# Browsers take such a name only from this host itself, over TLS, and for all of its paths.
COOKIE_PREFIX = "__Host-"
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
