"""A user pool of one's own, in a thread of this process."""

import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3
from moto.server import ThreadedMotoServer

from sandbox.cognito.stricter import make_stricter

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

# The only region whose unsigned calls moto finds.
REGION = "us-east-1"
# moto asks nobody for a real one.
KEY = "sandbox"
# A hyphen stands for the space in the name of a role: group names have none.
GROUPS = ("owner", "catalogue", "warehouse", "customer-care", "marketing", "analyst")
# As in infra/cognito/template.yaml, as far as moto looks at it.
POOL: dict[str, Any] = {
    "UsernameAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
    "AutoVerifiedAttributes": ["email"],
    "Schema": [{"Name": "unproved", "AttributeDataType": "String", "Mutable": True}],
    "Policies": {
        "PasswordPolicy": {
            "MinimumLength": 10,
            "RequireUppercase": False,
            "RequireLowercase": False,
            "RequireNumbers": False,
            "RequireSymbols": False,
        }
    },
    "AccountRecoverySetting": {"RecoveryMechanisms": [{"Priority": 1, "Name": "verified_email"}]},
}
CLIENT: dict[str, Any] = {
    "GenerateSecret": True,
    "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    "PreventUserExistenceErrors": "ENABLED",
    "ReadAttributes": ["email", "email_verified", "name", "custom:unproved"],
    "WriteAttributes": ["email", "name", "custom:unproved"],
}


@dataclass(frozen=True)
class Pool:
    """Where it answers, and what the shop has to know of it."""

    address: str
    pool_id: str
    client_id: str
    client_secret: str

    @property
    def operator(self) -> "CognitoIdentityProviderClient":
        return client(self.address)


@lru_cache(maxsize=4)
def client(address: str) -> "CognitoIdentityProviderClient":
    """For what an operator does in AWS's console. Made once: it takes a while."""
    return boto3.session.Session(KEY, KEY).client("cognito-idp", REGION, endpoint_url=address)


def serve(port: int = 0) -> str:
    """Start moto until the process ends; its address."""
    # Codes of an authenticator app are checked only then.
    os.environ["MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP"] = "true"
    make_stricter()
    # It says each request that it answers.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    host, chosen = server.get_host_and_port()
    return f"http://{host}:{chosen}"


def make_pool(address: str) -> Pool:
    """A new, empty pool with the shop's app client and the staff groups."""
    operator = client(address)
    pool_id = operator.create_user_pool(PoolName="shop", **POOL)["UserPool"]["Id"]
    made = operator.create_user_pool_client(UserPoolId=pool_id, ClientName="shop", **CLIENT)["UserPoolClient"]
    for name in GROUPS:
        operator.create_group(UserPoolId=pool_id, GroupName=name)
    return Pool(address, pool_id, made["ClientId"], made["ClientSecret"])
