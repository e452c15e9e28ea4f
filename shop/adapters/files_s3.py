"""Uploaded files in S3: a private bucket, which only the edge reads."""

from typing import Any

from botocore.config import Config
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from shop.adapters.aws import CONNECT_SECONDS, TRIES

# A picture takes longer than a row.
TRANSFER_SECONDS = 20
# The names of what pages show are those of its content (catalog/images.py): an address never shows anything else.
FOR_EVER = {"CacheControl": "public, max-age=31536000, immutable"}


class MediaStorage(S3Storage):  # type: ignore[misc]
    """Keys begin like the addresses that the edge passes on. Nothing that is there is ever replaced.

    The one adapter that may be called inside a transaction: the staff site saves a new picture's row and file within
    its own (docs/aws.md says what that holds up, and for how long). Names are new, so what is left after a rollback is
    a file that nobody shows.
    """

    def get_default_settings(self) -> dict[str, Any]:
        """What STORAGES does not say, and no environment variable of the package's may change."""
        found: dict[str, Any] = super().get_default_settings()
        endpoint = settings.AWS_ENDPOINT or None
        return found | {
            "bucket_name": settings.MEDIA_BUCKET,
            "location": "media/",
            "region_name": settings.AWS_REGION,
            "endpoint_url": endpoint,
            "file_overwrite": False,
            "default_acl": None,
            "querystring_auth": False,
            "object_parameters": FOR_EVER,
            "client_config": Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=TRANSFER_SECONDS,
                retries={"mode": "standard", "total_max_attempts": TRIES},
                s3={"addressing_style": "path" if endpoint else "virtual"},
            ),
        }

    def url(self, name: str, parameters: Any = None, expire: Any = None, http_method: Any = None) -> str:
        """The public address at the edge; nobody is asked."""
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"
