"""Settings that hold everywhere. local, test and aws add what differs."""

from collections.abc import Container
from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from storefront.settings.unfold import UNFOLD  # noqa: F401 - a setting

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOCAL_DIR = BASE_DIR / ".local"

DEBUG = False
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
# The shop's own address, for links in mails and for the payment provider's way back.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    # adminpanel loads the staff site, at once or when it is asked for.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "simple_history",
    "shop",
    "adminpanel",
    "storefront",
]

MIDDLEWARE = [
    "storefront.kick.KickMiddleware",
    "shop.edge.middleware.Edge",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "storefront.middleware.BrokenRequests",
    "adminpanel.csp.AdminPolicyMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shop.accounts.middleware.EndedSignIns",
    "adminpanel.door.StaffSessions",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "shop.cart.middleware.BagsOutOfReach",
]

STAFF_PATH = "/admin/"
# A function that starts for one page does without: the staff site is loaded by the first request for it.
STAFF_SITE_AT_START = True

ROOT_URLCONF = "storefront.urls"
WSGI_APPLICATION = "storefront.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["shop.templatetags.shop"],
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgresql:///aspireclothes")}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "shop.User"
# Who somebody is, the accounts port says; this backend only knows what they may do.
AUTHENTICATION_BACKENDS = ["shop.accounts.backend.SignedInBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account-login"
LOGIN_REDIRECT_URL = "/account/"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = False
FORMAT_MODULE_PATH = "storefront.formats"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticroot"
MEDIA_URL = "/media/"
MEDIA_ROOT = LOCAL_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "storefront.static_files.HashedStorage"},
}
STATICFILES_FINDERS = [
    "storefront.stylesheet.StylesheetFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]

SESSION_ENGINE = "shop.accounts.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# On our side, for a session whose cookie lasts until the browser closes; signing in may set another (shop.accounts).
SESSION_COOKIE_AGE = 86_400
CSRF_COOKIE_SAMESITE = "Lax"
# Pages have the token in their forms; no script reads it out of the cookie.
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "storefront.messages.Messages"
# Before the names of the shop's own cookies.
COOKIE_PREFIX = ""
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
# What readers of files take is less (shop.core.uploads).
UPLOAD_MOST_BYTES = 100_000_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        # The order form answers with a redirect to the payment page, and browsers hold redirects to this list too.
        "form-action": [SELF, "https://checkout.stripe.com"],
        "frame-ancestors": [NONE],
    },
}

# What the staff site's framework needs (its scripts evaluate expressions, its styles stand in the page): /admin/ only.
ADMIN_CONTENT_SECURITY_POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}

# --- The shop ---------------------------------------------------------------------------------------------------

SHOP_NAME = "AspireClothes"
SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="GBP")
# Where the shop sells from (ISO 3166 alpha-2): whose VAT its prices contain.
SHOP_COUNTRY = env.str("SHOP_COUNTRY", default="GB")
# The part of it whose public holidays count (a code of the holidays library).
SHOP_REGION = env.str("SHOP_REGION", default="ENG" if SHOP_COUNTRY == "GB" else "")
# Countries whose VAT it charges on what goes there; empty: home, and all of the EU when home is in it.
SHOP_TAX_AREA: list[str] = env.list("SHOP_TAX_AREA", default=[])
SHOP_EMAIL = env.str("SHOP_EMAIL", default="hello@aspireclothes.example")
# So long after its arrival a piece may be sent back; the law asks for 14 days.
RETURN_DAYS = 30
# So long after delivery somebody may withdraw from the contract (directive 2011/83/EU, article 9).
WITHDRAWAL_DAYS = 14
# An approved return has to be on its way after so many days; pieces held for an exchange are held a little longer,
# since the post takes its time.
RETURN_SEND_DAYS = 14
RETURN_POST_DAYS = 7
# Who sells, as invoices name it: registered name, address (its lines, with commas between them) and VAT number.
SELLER_NAME = env.str("SELLER_NAME", default=SHOP_NAME)
SELLER_ADDRESS: list[str] = env.list("SELLER_ADDRESS", default=[])
SELLER_VAT_ID = env.str("SELLER_VAT_ID", default="")
STAFF_EMAILS: list[str] = env.list("STAFF_EMAILS", default=[])

# Whether /graphql/ tells its schema to whoever asks. It is no secret, but nobody who serves customers needs to answer.
GRAPHQL_INTROSPECTION = env.bool("GRAPHQL_INTROSPECTION", default=False)

# The shop's own tables, or DynamoDB: shop.cart.dynamodb.DynamoCartStore and the name of its table.
CART_STORE = "shop.cart.stores.TableCartStore"
CARTS_TABLE = env.str("CARTS_TABLE", default="")
# What is looked at, searched for and bought, counted by day: a table, or shop.activity.dynamodb.DynamoActivityStore.
ACTIVITY_STORE = "shop.activity.stores.TableActivityStore"
ACTIVITY_TABLE = env.str("ACTIVITY_TABLE", default="")
# The adapters of the cloud need the names beneath them; those of a laptop need none.
EVENT_BUS = "shop.adapters.bus_inprocess.InProcessBus"
# An event that its consumers have not handled so long after it was published is published again. A queue tries five
# times in fifteen minutes by itself.
UNACKNOWLEDGED_MINUTES = 20
EVENT_BUS_NAME = env.str("EVENT_BUS_NAME", default="")
EVENTS_QUEUE_ARN = env.str("EVENTS_QUEUE_ARN", default="")
MAIL_FEEDBACK_QUEUE_ARN = env.str("MAIL_FEEDBACK_QUEUE_ARN", default="")
KICK_QUEUE_ARN = env.str("KICK_QUEUE_ARN", default="")
KICK = "shop.adapters.kick.NoKick"
KICK_QUEUE_URL = env.str("KICK_QUEUE_URL", default="")
MAIL_SENDER = "shop.adapters.mail_files.FileMailSender"
MAIL_DIR = LOCAL_DIR / "mail"
# Who makes the copies that a restore drill asks, and where dumps of the database lie.
DATABASE_COPIES = "shop.adapters.dumps.Dumps"
DUMPS_DIR = LOCAL_DIR / "dumps"
# Which shop of the account this is, on AWS.
STAGE = env.str("STAGE", default="dev")
# Whether the schedule drills once a month; by hand it goes anywhere.
RESTORE_DRILLS = False
MAIL_CONFIGURATION_SET = env.str("MAIL_CONFIGURATION_SET", default="")
STAFF_NOTICES = "shop.adapters.notices.MailNotices"
STAFF_TOPIC_ARN = env.str("STAFF_TOPIC_ARN", default="")
# Who keeps public pages, and so has to be told what changed; empty: nobody.
EDGE_STORE = ""
# Whether pages are handed to it.
EDGE = env.bool("EDGE", default=False)
EDGE_DIR = LOCAL_DIR / "edge"
# Purges are paid for by the path: the first 1,000 of a month are free of charge. Beyond these pages expire by time.
EDGE_PATHS_A_MONTH = env.int("EDGE_PATHS_A_MONTH", default=1000)
CDN_DISTRIBUTION_ID = env.str("CDN_DISTRIBUTION_ID", default="")

MEDIA_BUCKET = env.str("MEDIA_BUCKET", default="")
AWS_REGION = env.str("AWS_REGION", default="us-east-1")
# Empty: AWS itself. Who plays it on a laptop has an address; aws.py refuses any.
AWS_ENDPOINT = env.str("AWS_ENDPOINT", default="")

# Who keeps identities and passwords: the shop itself, or a Cognito user pool (ACCOUNTS=cognito).
ACCOUNTS_ADAPTERS = {
    "django": "shop.accounts.own.OwnAccounts",
    "cognito": "shop.accounts.in_cognito.PoolAccounts",
}
ACCOUNTS_PROVIDER = ACCOUNTS_ADAPTERS[env.str("ACCOUNTS", default="django")]
COGNITO_REGION = env.str("COGNITO_REGION", default="us-east-1")
COGNITO_POOL_ID = env.str("COGNITO_POOL_ID", default="")
COGNITO_CLIENT_ID = env.str("COGNITO_CLIENT_ID", default="")
COGNITO_CLIENT_SECRET = env.str("COGNITO_CLIENT_SECRET", default="")
# Empty: AWS itself. A private endpoint is AWS's too; other addresses are for a laptop only.
COGNITO_ENDPOINT = env.str("COGNITO_ENDPOINT", default="")
# Staff may open the admin only with two-step sign-in.
STAFF_SECOND_STEP = env.bool("STAFF_SECOND_STEP", default=False)
# How many proxies of ours (edge, gateway) add themselves to X-Forwarded-For; 0: nobody, so the header is not read.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# What the edge alone knows and adds to each request (storefront/aws/origin.py); empty: there is no edge.
ORIGIN_SECRET = env.str("ORIGIN_SECRET", default="")

PAYMENT_ADAPTERS = {
    "stripe": "shop.adapters.payments_stripe.StripeProvider",
    "paypal": "shop.adapters.payments_paypal.PayPalProvider",
}
# What buyers may choose from, the usual one first: PAYMENT_PROVIDERS=stripe,paypal
PAYMENT_PROVIDERS = {name: PAYMENT_ADAPTERS[name] for name in env.list("PAYMENT_PROVIDERS", default=["stripe"])}
if "paypal" in PAYMENT_PROVIDERS:
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += ["https://www.paypal.com", "https://www.sandbox.paypal.com"]
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
# Empty: Stripe itself. The local sandbox sets its own address, and aws.py refuses any.
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="")
PAYPAL_CLIENT_ID = env.str("PAYPAL_CLIENT_ID", default="")
PAYPAL_CLIENT_SECRET = env.str("PAYPAL_CLIENT_SECRET", default="")
PAYPAL_WEBHOOK_ID = env.str("PAYPAL_WEBHOOK_ID", default="")
# Empty: PayPal itself. Its own sandbox is https://api-m.sandbox.paypal.com; other addresses are for a laptop only.
PAYPAL_API_BASE = env.str("PAYPAL_API_BASE", default="")
# Carriers by code; a way of delivery names one. What each needs is below, and one without its key is never called.
CARRIERS = {
    "table": "shop.adapters.carrier_table.TableCarrier",
    "courier": "shop.adapters.carrier_courier.CourierCarrier",
    "easypost": "shop.adapters.carrier_easypost.EasyPostCarrier",
}
COURIER_API_BASE = env.str("COURIER_API_BASE", default="")
COURIER_API_KEY = env.str("COURIER_API_KEY", default="")
COURIER_WEBHOOK_SECRET = env.str("COURIER_WEBHOOK_SECRET", default="")
EASYPOST_API_KEY = env.str("EASYPOST_API_KEY", default="")
# Empty: the address that the client knows.
EASYPOST_API_BASE = env.str("EASYPOST_API_BASE", default="")
EASYPOST_WEBHOOK_SECRET = env.str("EASYPOST_WEBHOOK_SECRET", default="")
# Which services may be bought, such as "RoyalMail Tracked48"; empty: the cheapest of all that are offered.
EASYPOST_SERVICES: list[str] = env.list("EASYPOST_SERVICES", default=[])
# What is in parcels that cross a border: description, tariff number, country of origin.
EASYPOST_CUSTOMS: list[str] = env.list("EASYPOST_CUSTOMS", default=[])
# Where parcels are sent from, and come back to: street, city, postcode.
SENDER_ADDRESS: list[str] = env.list("SENDER_ADDRESS", default=[])
# How long the provider's page takes payment. Stripe's own minimum is 30 minutes after the call that creates it.
PAYMENT_WINDOW_MINUTES = 45

# So long a run of reconcile or sentinel begins another row; the next run goes on with what has waited longest.
ROUND_SECONDS = 240.0
# And so long a run of a job by the second, such as relay and mailer: the others are to get their turn.
RUN_SECONDS = 20.0

# Where to die on purpose (shop/core/crash.py): never anything but empty where a shop serves people.
CRASH_POINTS: Container[str] = frozenset()

BUILD_ID = env.str("BUILD_ID", default="dev")
