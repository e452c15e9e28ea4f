"""The user pool that the template makes is the one that the shop expects."""

from pathlib import Path
from typing import Any

from cfnlint.api import ManualArgs, lint_file

from adminpanel.roles import ROLES
from infra import load
from sandbox.cognito import server

FOLDER = Path(__file__).parent.parent
MIGRATION = FOLDER / "migrate_user" / "template.yaml"


def resources() -> dict[str, Any]:
    found: dict[str, Any] = load.template("identity")["Resources"]
    return found


def test_cloudformation_would_take_the_migration() -> None:
    assert lint_file(MIGRATION, config=ManualArgs(regions=["us-east-1", "eu-west-2"])) == []


def test_there_is_a_group_for_each_role() -> None:
    kinds = [made["Properties"] for made in resources().values() if made["Type"] == "AWS::Cognito::UserPoolGroup"]
    expected = {role.replace(" ", "-") for role in ROLES}
    assert {made["GroupName"] for made in kinds} == expected == set(server.GROUPS)


def test_the_pool_of_the_sandbox_is_like_it() -> None:
    pool, client = resources()["Pool"]["Properties"], resources()["Client"]["Properties"]
    for name, value in server.CLIENT.items():
        assert client[name] == value
    assert server.POOL["Schema"][0] in pool["Schema"]
    for name in ("UsernameAttributes", "UsernameConfiguration", "AutoVerifiedAttributes"):
        assert pool[name] == server.POOL[name]
    for name, value in server.POOL["Policies"]["PasswordPolicy"].items():
        assert pool["Policies"]["PasswordPolicy"].get(name) == value


def test_what_cognito_fills_in_stands_in_messages_and_never_in_a_subject() -> None:
    pool = resources()["Pool"]["Properties"]
    for mail in (pool["VerificationMessageTemplate"], pool["AdminCreateUserConfig"]["InviteMessageTemplate"]):
        assert "{####}" in mail["EmailMessage"]
        assert "{####}" not in str(mail["EmailSubject"]) and "{username}" not in str(mail["EmailSubject"])


def test_no_new_address_is_in_force_before_it_is_confirmed() -> None:
    settings = resources()["Pool"]["Properties"]["UserAttributeUpdateSettings"]
    assert settings == {"AttributesRequireVerificationBeforeUpdate": ["email"]}


def test_the_client_tells_nobody_who_has_an_account_and_takes_passwords_from_the_server_alone() -> None:
    client = resources()["Client"]["Properties"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert set(client["ExplicitAuthFlows"]) == {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert client["GenerateSecret"] is True
    assert "AllowedOAuthFlows" not in client
    assert "RefreshTokenRotation" not in client
    assert "email_verified" not in client["WriteAttributes"]
