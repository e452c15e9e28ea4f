"""Production-like settings for the benchmark: DEBUG off, hashed static files, one database per catalogue size."""

import os
from pathlib import Path

from storefront.settings.base import *  # noqa: F403
from storefront.settings.base import LOCAL_DIR, MIDDLEWARE

DEBUG = False
SECRET_KEY = "bench-only-" * 6
ALLOWED_HOSTS = ["127.0.0.1"]
SITE_URL = os.environ.get("BENCH_SITE", "http://127.0.0.1:8600")
ROOT_URLCONF = "bench.urls"
STATIC_ROOT = Path(LOCAL_DIR) / "bench" / "static"
MEDIA_ROOT = Path(LOCAL_DIR) / "bench" / "media"
EDGE_STORE = "shop.adapters.edge_files.PageStore"
EDGE_DIR = Path(LOCAL_DIR) / "bench" / "edge"
STRIPE_SECRET_KEY = "sk_test_bench"
STRIPE_WEBHOOK_SECRET = "whsec_bench"
MIDDLEWARE = ["bench.telling.telling", *MIDDLEWARE]
