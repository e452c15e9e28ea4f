"""A user pool that only says what a test told it to, and who is in it."""

import json
from typing import Any

from botocore.stub import Stubber

from shop.adapters.accounts import (
    Challenge,
    ChallengeKind,
    Holder,
    Identity,
)

POOL, CLIENT, SECRET = "us-east-1_Shop12345", "shopclient1234567890", "a-secret-" * 4
ANN, PASSWORD, OTHER = "ann@example.com", "quarry linen in may", "seven grey herons"
SUBJECT = "5f6c4a0e-1111-4222-8333-444455556666"
HOLDER = Holder(SUBJECT, ANN, "refresh-token")
SESSION = "s" * 40
IDENTITY = Identity(SUBJECT, ANN, True, "Ann Archer", frozenset())
CHALLENGE = Challenge(ChallengeKind.CODE, ANN, json.dumps({"session": SESSION, "user": SUBJECT, "second_step": False}))
TOKENS = {"IdToken": "id", "AccessToken": "access", "RefreshToken": "refresh", "ExpiresIn": 3600, "TokenType": "Bearer"}
# Those of an account whose sign-up was not confirmed with its password.
MARKED = {**TOKENS, "IdToken": "id with the mark"}
MARK, NO_MARK = ({"Name": "custom:unproved", "Value": value} for value in ("yes", "no"))
USER = {
    "Username": SUBJECT,
    "UserStatus": "CONFIRMED",
    "Enabled": True,
    "UserAttributes": [{"Name": "sub", "Value": SUBJECT}, {"Name": "email", "Value": "Ann@Example.com"}],
}


def authenticated(stub: Stubber, **result: Any) -> None:
    stub.add_response("admin_initiate_auth", {"AuthenticationResult": TOKENS, **result})


def nobody(stub: Stubber) -> None:
    stub.add_client_error("admin_get_user", "UserNotFoundException", "User does not exist.", 400)
