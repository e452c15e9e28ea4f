"""Clients of the pretended AWS."""

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings


def client(service: str) -> Any:
    """The client of a service, at settings.AWS_ENDPOINT. Who plays AWS is near: one try, a few seconds."""
    return _client(service, settings.AWS_REGION, settings.AWS_ENDPOINT)


@lru_cache(maxsize=64)
def _client(service: str, region: str, endpoint: str) -> Any:
    assert endpoint, "the twin never talks to AWS itself"
    patience = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
    session: Any = boto3.session.Session()
    return session.client(service, region, endpoint_url=endpoint, config=patience)
