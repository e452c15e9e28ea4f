"""Uploaded files in S3: a private bucket, which only the edge reads."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from shop.adapters.aws import patience

# A picture takes longer than a row.
TRANSFER_SECONDS = 20
# The names of what pages show are those of its content (catalog/images.py): an address never shows anything else.
FOR_EVER = {"CacheControl": "public, max-age=31536000, immutable"}


log = logging.getLogger(__name__)


class BucketError(OSError):
    """The bucket refuses, or does not answer: as with a disk that is full or gone."""


@contextmanager
def asking() -> Iterator[None]:
    """Raises BucketError for whatever the bucket has against the block; a missing file stays FileNotFoundError."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        log.error("the bucket with the pictures: %s", error)
        raise BucketError(f"the bucket with the pictures: {error}") from error


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
            "client_config": patience(TRANSFER_SECONDS, s3={"addressing_style": "path" if endpoint else "virtual"}),
        }

    def _save(self, name: str, content: Any) -> str:
        with asking():
            return str(super()._save(name, content))

    def _open(self, name: str, mode: str = "rb") -> Any:
        with asking():
            found = super()._open(name, mode)
            if mode.startswith("r"):
                # Fetched now, not at the first look into it, where nobody expects a refusal.
                found.seek(0)
            return found

    def exists(self, name: str) -> bool:
        with asking():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with asking():
            return int(super().size(name))

    def delete(self, name: str) -> None:
        with asking():
            super().delete(name)

    def url(self, name: str, parameters: Any = None, expire: Any = None, http_method: Any = None) -> str:
        """The public address at the edge; nobody is asked."""
        return f"{settings.MEDIA_URL}{filepath_to_uri(name)}"
