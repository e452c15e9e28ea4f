"""Where passwords may be sent to, and how the shop proves itself there."""

import re

import pytest
from botocore.stub import Stubber
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from pytest_django import Settings

from shop.adapters.accounts_cognito import CognitoAccounts
from shop.adapters.cognito_client import secret_hash, unsafe_settings
from shop.adapters.tests.cognito_builders import ANN, PASSWORD

pytestmark = pytest.mark.django_db


def test_a_secret_hash_is_of_the_user_and_the_client(settings: Settings) -> None:
    """The figures of RFC 4231's second case, whose message and key are taken here as user, client and secret."""
    settings.COGNITO_CLIENT_SECRET, settings.COGNITO_CLIENT_ID = "Jefe", "for nothing?"
    assert secret_hash("what do ya want ") == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="


def test_no_call_is_made_inside_a_transaction(stub: Stubber) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        CognitoAccounts().sign_in(email=ANN, password=PASSWORD)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"COGNITO_POOL_ID": ""}, "have to be set"),
        ({"COGNITO_CLIENT_ID": ""}, "have to be set"),
        ({"COGNITO_CLIENT_SECRET": ""}, "have to be set"),
        ({"COGNITO_REGION": "eu-west-2"}, "not a pool of COGNITO_REGION"),
        ({"COGNITO_ENDPOINT": "http://cognito-idp.us-east-1.amazonaws.com"}, "must be empty or AWS's own"),
        ({"COGNITO_ENDPOINT": "https://cognito-idp.us-east-1.amazonaws.com.evil.example"}, "must be empty"),
        ({"COGNITO_ENDPOINT": "https://amazonaws.com@evil.example"}, "must be empty"),
        ({"COGNITO_ENDPOINT": "https://evilamazonaws.com"}, "must be empty"),
    ],
    ids=str,
)
def test_passwords_go_nowhere_else(stub: Stubber, settings: Settings, changed: dict[str, str], problem: str) -> None:
    settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = False
    assert unsafe_settings() == ""
    for name, value in changed.items():
        setattr(settings, name, value)
    assert problem in unsafe_settings()
    with pytest.raises(ImproperlyConfigured, match=re.escape(problem)):
        CognitoAccounts().sign_in(email=ANN, password=PASSWORD)


def test_a_private_endpoint_of_aws_is_aws(stub: Stubber, settings: Settings) -> None:
    settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = False
    settings.COGNITO_ENDPOINT = "https://vpce-1a2b.cognito-idp.us-east-1.vpce.amazonaws.com"
    assert unsafe_settings() == ""
