"""Clients of AWS: made once, told where AWS is, and impatient."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from botocore.config import Config

# Somebody waits for these calls, and on Lambda a second spent waiting is paid for.
CONNECT_SECONDS, ANSWER_SECONDS, TRIES = 2, 5, 3


def client(service: str, *, seconds: float = ANSWER_SECONDS, tries: int = TRIES) -> Any:
    """The client of a service, such as "dynamodb", in the shop's region; the credentials are the environment's.

    seconds, tries: how long one answer may take, and how often it is asked for. settings.AWS_ENDPOINT: empty for AWS
    itself, otherwise the address of who plays it on this machine.
    """
    return _client(service, settings.AWS_REGION, settings.AWS_ENDPOINT, seconds, tries)


@lru_cache(maxsize=64)
def _client(service: str, region: str, endpoint: str, seconds: float, tries: int) -> Any:
    import boto3  # noqa: PLC0415 - heavy: a shop that needs no AWS never imports it

    session: Any = boto3.session.Session()
    return session.client(service, region, endpoint_url=endpoint or None, config=patience(seconds, tries))


def patience(seconds: float = ANSWER_SECONDS, tries: int = TRIES, **more: Any) -> "Config":
    """How long a client waits for one answer and how often it asks; more: what else botocore's Config takes."""
    from botocore.config import Config  # noqa: PLC0415 - heavy, as above

    retries: Any = {"mode": "standard", "total_max_attempts": tries}
    return Config(connect_timeout=min(CONNECT_SECONDS, seconds), read_timeout=seconds, retries=retries, **more)
