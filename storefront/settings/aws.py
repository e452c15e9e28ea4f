"""Production: nothing has a default that would be unsafe; one message names all that is missing."""

import os
from urllib.parse import urlsplit

from shop.adapters import secrets
from storefront.settings import needed

# Before anything reads the environment.
secrets.load(os.environ)
needed.require(os.environ)

from storefront.settings.base import *  # noqa: E402, F403
from storefront.settings.base import (  # noqa: E402
    ADMIN_CONTENT_SECURITY_POLICY,
    CONTENT_SECURITY_POLICY,
    DATABASES,
    MIDDLEWARE,
    STAGE,
    STORAGES,
    env,
)

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
SITE_URL = env.str("SITE_URL").rstrip("/")
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES")
STAFF_SITE_AT_START = False
# Lambda is called with 6 MB at most, in which a body is base64: about 4.5 MB of it get through.
UPLOAD_MOST_BYTES = 4_000_000
# Whoever goes around the edge is refused before anything else.
ORIGIN_SECRET = env.str("ORIGIN_SECRET")
MIDDLEWARE.insert(0, "storefront.aws.origin.OnlyThroughTheEdge")
# Lambda ends the function after 30 seconds, and the last row of a run may wait for a provider.
ROUND_SECONDS = 15.0
# A kick runs three such jobs one after the other: a mailer that is ended in the middle sends that mail again.
RUN_SECONDS = 7.0

_connections = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
if env.str("DATABASE_URL", default=""):
    DATABASES["default"] = env.db_url("DATABASE_URL") | _connections
else:
    # Always encrypted. Whether the server is Aurora itself is checked where its authority's certificates are at hand.
    _authority = env.str("DATABASE_CA", default="")
    DATABASES["default"] = {
        "ENGINE": "shop.adapters.postgres",
        **{key: env.str(f"DATABASE_{key}") for key in ("HOST", "NAME", "USER", "PASSWORD")},
        "PORT": env.int("DATABASE_PORT", default=5432),
        "OPTIONS": {
            # A database that was asleep takes up to 15 seconds to wake.
            "connect_timeout": 20,
            **({"sslmode": "verify-full", "sslrootcert": _authority} if _authority else {"sslmode": "require"}),
        },
        **_connections,
    }
# Once a month the database's newest backup is restored beside the shop, and asked. Aurora's addresses name a cluster.
_on_aurora = ".cluster-" in str(DATABASES["default"].get("HOST", ""))
DATABASE_COPIES = "shop.adapters.aurora.Clusters" if _on_aurora else "shop.adapters.rds.Instances"
RESTORE_DRILLS = True

SELLER_NAME = env.str("SELLER_NAME")
SELLER_ADDRESS = env.list("SELLER_ADDRESS")

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = ""

# AWS itself, whatever the environment says of who plays it.
AWS_ENDPOINT = ""
CART_STORE = "shop.cart.dynamodb.DynamoCartStore"
ACTIVITY_STORE = "shop.activity.dynamodb.DynamoActivityStore"
EVENT_BUS = "shop.adapters.bus_eventbridge.EventBridgeBus"
KICK = "shop.adapters.kick_sqs.QueueKick"
MAIL_SENDER = "shop.adapters.mail_ses.SesMailSender"
STAFF_NOTICES = "shop.adapters.notices_sns.TopicNotices"
EVENTS_QUEUE_ARN = env.str("EVENTS_QUEUE_ARN")
KICK_QUEUE_ARN = env.str("KICK_QUEUE_ARN")
MAIL_FEEDBACK_QUEUE_ARN = env.str("MAIL_FEEDBACK_QUEUE_ARN")

# CloudFront keeps pages, and reads the two buckets with files, which are private.
EDGE_STORE, EDGE = "shop.adapters.edge_cloudfront.CloudFront", True
CDN_DISTRIBUTION_ID = env.str("CDN_DISTRIBUTION_ID")
CDN_DOMAIN = env.str("CDN_DOMAIN")
MEDIA_BUCKET = env.str("MEDIA_BUCKET")
STORAGES["default"] = {"BACKEND": "shop.adapters.files_s3.MediaStorage"}
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
if urlsplit(SITE_URL).netloc != CDN_DOMAIN:
    STATIC_URL, MEDIA_URL = (f"https://{CDN_DOMAIN}/{folder}/" for folder in ("static", "media"))
    for _policy in (CONTENT_SECURITY_POLICY["DIRECTIVES"], ADMIN_CONTENT_SECURITY_POLICY):
        for _kind in {"script-src", "style-src", "img-src", "font-src", "manifest-src"} & _policy.keys():
            _policy[_kind].append(f"https://{CDN_DOMAIN}")

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
    "formatters": {"lines": {"()": "shop.core.logs.JsonLines", "namespace": f"AspireClothes/{STAGE}"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}
