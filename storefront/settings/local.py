"""A laptop: embedded PostgreSQL, files for media and mail, and the sandbox in place of the payment providers."""

import os

from storefront.settings.base import *  # noqa: F403
from storefront.settings.base import (
    ACCOUNTS_ADAPTERS,
    ACCOUNTS_PROVIDER,
    COGNITO_POOL_ID,
    COGNITO_REGION,
    CONTENT_SECURITY_POLICY,
    INSTALLED_APPS,
    MIDDLEWARE,
    PAYMENT_ADAPTERS,
    env,
)

DEBUG = True
GRAPHQL_INTROSPECTION = True
SECRET_KEY = "local-only-" + "not-a-secret-" * 4
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
_port = env.str("PORT", default="8000")
# `make run` says what is wrong with a port that is none.
PORT = int(_port) if _port.isdecimal() else 0
SITE_URL = f"http://127.0.0.1:{PORT}"
# Where `make twin` plays AWS, and where one may look into that; empty: there is none.
CLOUD_PORT = PORT + 500
TWIN_PEEK = ""

INSTALLED_APPS = ["whitenoise.runserver_nostatic", *INSTALLED_APPS, "sandbox"]
# Static files come from where they lie, and compressed on the way, as an edge would do it.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
MIDDLEWARE.insert(
    MIDDLEWARE.index("django.middleware.gzip.GZipMiddleware") + 1, "whitenoise.middleware.WhiteNoiseMiddleware"
)
MIDDLEWARE.append("storefront.middleware.OwnNotFoundPage")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Kept by the server that `make run` starts (EDGE=off: not): pages need the worker beside it, which lets them fall.
EDGE_STORE = "shop.adapters.edge_files.PageStore"

SELLER_NAME = "AspireClothes Demo Ltd"
SELLER_ADDRESS = ["1 Sample Yard", "London E8 0ZZ", "United Kingdom"]
SELLER_VAT_ID = "GB000000000"

STRIPE_SECRET_KEY = "sk_test_sandbox_local"  # noqa: S105
STRIPE_WEBHOOK_SECRET = "whsec_sandbox_local"  # noqa: S105
STRIPE_API_BASE = f"{SITE_URL}/sandbox/stripe"
PAYMENT_PROVIDERS = {
    name: PAYMENT_ADAPTERS[name] for name in env.list("PAYMENT_PROVIDERS", default=["stripe", "paypal"])
}
PAYPAL_CLIENT_ID = "sandbox-client"
PAYPAL_CLIENT_SECRET = "sandbox-secret"  # noqa: S105
PAYPAL_WEBHOOK_ID = "SANDBOXWEBHOOK"
PAYPAL_API_BASE = f"{SITE_URL}/sandbox/paypal"
# The payment page is at SITE_URL; a shop opened as http://localhost may be redirected there too.
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(SITE_URL)
SANDBOX_WEBHOOK_URL = f"{SITE_URL}/webhooks/stripe/"
COURIER_API_BASE = f"{SITE_URL}/sandbox/courier"
COURIER_API_KEY = "sandbox-courier-key"
COURIER_WEBHOOK_SECRET = "sandbox-courier-secret"  # noqa: S105
SANDBOX_COURIER_WEBHOOK_URL = f"{SITE_URL}/webhooks/carrier/courier/"
EASYPOST_API_BASE = f"{SITE_URL}/sandbox/easypost/v2"
EASYPOST_API_KEY = "EZTKsandbox-local"
EASYPOST_WEBHOOK_SECRET = "sandbox-easypost-secret"  # noqa: S105
EASYPOST_CUSTOMS = ["Clothing", "6109.10", "PT"]
SANDBOX_EASYPOST_WEBHOOK_URL = f"{SITE_URL}/webhooks/carrier/easypost/"
SENDER_ADDRESS = ["1 Sample Yard", "London", "E8 0ZZ"]
SANDBOX_PAYPAL_WEBHOOK_URL = f"{SITE_URL}/webhooks/paypal/"

# ACCOUNTS=cognito: a user pool on this machine (manage.py user_pool), a thousand ports further on, unless one is named.
if ACCOUNTS_ADAPTERS["cognito"] == ACCOUNTS_PROVIDER and not COGNITO_POOL_ID:
    COGNITO_ENDPOINT = f"http://127.0.0.1:{PORT + 1000}"
    COGNITO_POOL_ID, COGNITO_CLIENT_ID = f"{COGNITO_REGION}_Sandbox", "sandboxclient"
    COGNITO_CLIENT_SECRET = "sandbox-secret-" * 3
    os.environ |= {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox"}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"shop": {"level": "INFO"}},
}
