"""The shop on a pretended AWS: as on a laptop, but with the adapters of the cloud on, against moto.

Payments, carriers and identities stay the laptop's own sandboxes.
"""

import os

from sandbox.cloud.server import ENVIRONMENT
from sandbox.twin.names import ADAPTERS, FILES, told
from storefront.settings.local import *  # noqa: F403
from storefront.settings.local import CLOUD_PORT, STORAGES

os.environ |= ENVIRONMENT
AWS_ENDPOINT = f"http://127.0.0.1:{CLOUD_PORT}"
TWIN_PEEK = f"http://127.0.0.1:{CLOUD_PORT + 1}"
globals().update(told("dev", AWS_ENDPOINT) | ADAPTERS)
# A queue that was lost is found out by its events: sooner than on AWS, where none is lost.
UNACKNOWLEDGED_MINUTES = 2
STORAGES["default"] = {"BACKEND": FILES}
MEDIA_URL = "/sandbox/media/"
