"""What the function may do: named one by one. The reasons of its stars are tested with those of the stacks."""

import json
import re
from typing import Any

import boto3
from zappa.core import ASSUME_POLICY

from deploy.programs import ROOT
from deploy.settings import POLICY, TEMPLATE

STATEMENTS: list[dict[str, Any]] = json.loads(POLICY.read_text())["Statement"]


def several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def test_no_action_has_a_star() -> None:
    actions = [action for statement in STATEMENTS for action in several(statement["Action"])]
    assert [action for action in actions if "*" in action] == []
    assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action) for action in actions)


def test_nothing_lets_the_function_change_itself_or_its_rights() -> None:
    allowed = [action for each in STATEMENTS if each["Effect"] == "Allow" for action in several(each["Action"])]
    services = {action.partition(":")[0] for action in allowed if action != "lambda:InvokeFunction"}
    assert not services & {"iam", "lambda", "sts", "kms", "cloudformation", "route53", "kinesis", "ssm"}


def test_the_gateway_may_call_the_live_function_with_the_functions_role_and_no_other_function() -> None:
    """Zappa gives the gateway that role to call with, and adds no permission for the gateway to the function itself."""
    (calls,) = (each for each in STATEMENTS if "lambda:InvokeFunction" in several(each["Action"]))
    live = "arn:aws:lambda:${AWS_REGION}:${ACCOUNT}:function:aspireclothes-${STAGE}"
    assert calls == {"Sid": "Serve", "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": live}
    principals = json.loads(ASSUME_POLICY)["Statement"][0]["Principal"]["Service"]
    assert set(principals) == {"apigateway.amazonaws.com", "lambda.amazonaws.com", "events.amazonaws.com"}
    known = json.loads(TEMPLATE.read_text())
    assert not {"apigateway_lambda_qualifier", "snap_start", "provisioned_concurrency"} & {
        name for stage in known.values() for name in stage
    }, "these make the gateway call a version of the function, which has another name"


def test_every_function_may_write_its_log_the_migrating_one_too() -> None:
    (log,) = (each for each in STATEMENTS if each["Sid"] == "Log")
    groups = "arn:aws:logs:${AWS_REGION}:${ACCOUNT}:log-group:/aws/lambda/aspireclothes-${STAGE}"
    assert log["Resource"] == [f"{groups}:*", f"{groups}-migrate:*"]


def test_every_right_that_the_user_pool_asks_for_is_given_and_no_other() -> None:
    asked = set()
    names = boto3.client("cognito-idp", "us-east-1").meta.method_to_api_mapping
    for path in (ROOT / "shop" / "adapters").glob("*cognito*.py"):
        asked |= {f"cognito-idp:{names[name]}" for name in re.findall(r'"(admin_[a-z_]+)"', path.read_text())}
    given = next(each for each in STATEMENTS if each["Sid"] == "People")["Action"]
    assert asked == set(given)
