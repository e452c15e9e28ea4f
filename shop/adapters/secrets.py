"""What must not stand in the function's environment: read from Secrets Manager when the function starts.

The settings call this, so it knows nothing of them: all is asked of the environment, and written into it.
"""

import json
import os
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from shop.adapters.aws import patience

# What Secrets Manager gives at once.
MOST = 20

MEANINGS = {
    "ExpiredTokenException": "the AWS credentials have expired",
    "UnrecognizedClientException": "AWS does not know these credentials",
    "AccessDeniedException": "the role may not: it lacks secretsmanager:BatchGetSecretValue, or GetSecretValue of each",
    "ThrottlingException": "Secrets Manager is asked too often at the moment",
    "ResourceNotFoundException": "there is none of that name",
    "DecryptionFailure": "the role may not use the key they are encrypted with",
}


def load(environment: MutableMapping[str, str]) -> None:
    """Write each setting of the secrets named by SECRETS into the environment, and the database's login.

    What the environment has already stays. DATABASE_SECRET becomes DATABASE_USER and DATABASE_PASSWORD, unless there is
    a DATABASE_URL. One call for all. Raises ImproperlyConfigured saying what is wrong with which secret.
    """
    names = [name.strip() for name in environment.get("SECRETS", "").split(",") if name.strip()]
    database = "" if environment.get("DATABASE_URL") else environment.get("DATABASE_SECRET", "").strip()
    found = fetch([*names, *filter(None, [database])], environment)
    for name in names:
        for setting, value in found[name].items():
            environment.setdefault(setting, value)
    if database:
        user, password = login_in(database, found[database])
        environment.setdefault("DATABASE_USER", user)
        environment.setdefault("DATABASE_PASSWORD", password)


def database_login() -> tuple[str, str]:
    """User and password as RDS's secret has them now. Raises ImproperlyConfigured."""
    name = os.environ.get("DATABASE_SECRET", "")
    return login_in(name, fetch([name], os.environ)[name])


def login_in(name: str, secret: Mapping[str, str]) -> tuple[str, str]:
    if not (secret.get("username") and secret.get("password")):
        raise ImproperlyConfigured(f"The secret {name} has no username and password: it is not a database's.")
    return secret["username"], secret["password"]


def fetch(names: Sequence[str], environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The secrets' contents by the names (or ARNs) they were asked for by. Raises ImproperlyConfigured."""
    if not names:
        return {}
    if len(names) > MOST:
        raise ImproperlyConfigured(f"SECRETS names {len(names)} secrets; {MOST} are the most.")
    answer = _ask(names, environment)
    told = {name: each for each in answer["SecretValues"] for name in (each["ARN"], each["Name"])}
    faults = [_meaning(each["SecretId"], each["ErrorCode"], each["Message"]) for each in answer.get("Errors", [])]
    refused = {each["SecretId"] for each in answer.get("Errors", [])}
    faults += [
        _meaning(name, "ResourceNotFoundException") for name in names if name not in told and name not in refused
    ]
    if faults:
        raise ImproperlyConfigured(" ".join(faults))
    return {name: _content(name, told[name].get("SecretString")) for name in names}


def _ask(names: Sequence[str], environment: Mapping[str, str]) -> Any:
    # Heavy, and only a start on AWS needs it; without boto3, which would load more than the one client.
    import botocore.session  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client: Any = botocore.session.get_session().create_client(
            "secretsmanager",
            region_name=environment.get("AWS_REGION", "us-east-1"),
            endpoint_url=environment.get("AWS_ENDPOINT") or None,
            config=patience(),
        )
        return client.batch_get_secret_value(SecretIdList=list(names))
    except ClientError as error:
        told = error.response.get("Error", {})
        raise ImproperlyConfigured(_meaning(", ".join(names), told.get("Code", ""), told.get("Message", ""))) from error
    except BotoCoreError as error:
        raise ImproperlyConfigured(_meaning(", ".join(names), type(error).__name__, str(error))) from error


def _meaning(names: str, code: str, words: str = "") -> str:
    return f"The secrets {names} cannot be read: {MEANINGS.get(code, code)}. {words}".strip()


def _content(name: str, text: str | None) -> dict[str, str]:
    """Its settings. The text itself is in no message: it is secret."""
    try:
        found = json.loads(text or "")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str | int) for value in found.values()):
        raise ImproperlyConfigured(f"The secret {name} is no JSON object of names and texts.")
    return {setting: str(value) for setting, value in found.items()}
