"""The shop on a pretended AWS: as on a laptop, but with the adapters of the cloud on, against moto.

Payments, carriers and identities stay the laptop's own sandboxes.
"""

import os

from sandbox.cloud.server import ENVIRONMENT
from sandbox.twin.names import ADAPTERS, told
from storefront.settings.local import *  # noqa: F403
from storefront.settings.local import CLOUD_PORT

os.environ |= ENVIRONMENT
AWS_ENDPOINT = f"http://127.0.0.1:{CLOUD_PORT}"
TWIN_PEEK = f"http://127.0.0.1:{CLOUD_PORT + 1}"
globals().update(told("dev", AWS_ENDPOINT) | ADAPTERS)
# A queue that was lost is found out by its events: sooner than on AWS, where none is lost.
UNACKNOWLEDGED_MINUTES = 2
# The laptop's store of pages is for the worker that lets them fall; here schedules would do it, once a minute.
EDGE, EDGE_STORE = False, ""
