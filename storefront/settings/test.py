"""Tests: a cluster of their own beside the local one, nothing written outside a temporary folder."""

import os
import tempfile
from pathlib import Path

from storefront.embedded_postgres import TEST_OPTIONS, start_or_exit

if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = start_or_exit("test-postgres", TEST_OPTIONS)

from storefront.settings.local import *  # noqa: F403 - the address above has to be there first
from storefront.settings.local import DATABASES

DEBUG = False
# The sandbox refuses to run with DEBUG off; tests run with it off, as production does, and say so here.
SANDBOX_ALLOWED_WITHOUT_DEBUG = True
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Tests that are about the edge ask for it.
EDGE_STORE, EDGE = "", False

# Removed when the process ends.
SCRATCH = tempfile.TemporaryDirectory(prefix="aspireclothes-test-")
MEDIA_ROOT = Path(SCRATCH.name) / "media"
MAIL_DIR = Path(SCRATCH.name) / "mail"
DUMPS_DIR = Path(SCRATCH.name) / "dumps"
EDGE_DIR = Path(SCRATCH.name) / "edge"
