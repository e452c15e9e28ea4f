"""For `collectstatic` of a package: hashed names, in a folder of its own, and no database or secret needed."""

import os
from pathlib import Path

from storefront.settings.base import *  # noqa: F403

SECRET_KEY = "not-a-secret-since-nothing-is-signed"  # noqa: S105
STATIC_ROOT = Path(os.environ["STATIC_FOLDER"])
