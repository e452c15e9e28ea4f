"""The shop as in production (DEBUG off, several processes), with the provider's stand-in at an address of its own."""

from pathlib import Path

from storefront.settings.local import *  # noqa: F403
from storefront.settings.local import DATABASES, INSTALLED_APPS, LOCAL_DIR, LOGGING, MIDDLEWARE, env
from torture.armed import ArmedPoints

DEBUG = False
SANDBOX_ALLOWED_WITHOUT_DEBUG = True
INSTALLED_APPS = [*INSTALLED_APPS, "torture"]
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}

RUN = Path(env.str("TORTURE_RUN", default=str(LOCAL_DIR / "torture")))
MEDIA_ROOT, MAIL_DIR = RUN / "media", RUN / "mail"
CRASH_POINTS = ArmedPoints(RUN)

MIDDLEWARE = ["torture.counting.CountQueries", *MIDDLEWARE]

# Another process than the shop's: the provider does not die with the shop.
PROVIDER_URL = env.str("TORTURE_PROVIDER", default="http://127.0.0.1:8151")
STRIPE_API_BASE = f"{PROVIDER_URL}/sandbox/stripe"
PAYPAL_API_BASE = f"{PROVIDER_URL}/sandbox/paypal"

# The shop reports each trouble that is made for it on purpose; the processes' own files keep that.
LOGGING = LOGGING | {"loggers": {"shop": {"level": "WARNING"}}}
