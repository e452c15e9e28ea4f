"""A user pool of one's own, in a thread of this process."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3

from sandbox.cloud import server as cloud
from sandbox.cloud.server import KEY, REGION
from sandbox.cognito.stricter import make_stricter

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

# A hyphen stands for the space in the name of a role: group names have none.
GROUPS = ("owner", "catalogue", "warehouse", "customer-care", "marketing", "analyst")
# As in infra/identity.yaml, as far as moto looks at it.
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
    make_stricter()
    return cloud.serve(port)


def make_pool(address: str) -> Pool:
    """A new, empty pool with the shop's app client and the staff groups."""
    operator = client(address)
    pool_id = operator.create_user_pool(PoolName="shop", **POOL)["UserPool"]["Id"]
    made = operator.create_user_pool_client(UserPoolId=pool_id, ClientName="shop", **CLIENT)["UserPoolClient"]
    for name in GROUPS:
        operator.create_group(UserPoolId=pool_id, GroupName=name)
    return Pool(address, pool_id, made["ClientId"], made["ClientSecret"])
