"""What the function may do: named one by one, and every star has its reason."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3

from deploy.settings import POLICY, ROOT

STATEMENTS: list[dict[str, Any]] = json.loads(POLICY.read_text())["Statement"]
REASONS: dict[str, str] = json.loads((POLICY.parent / "wildcards.json").read_text())


def several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def stars() -> Iterator[str]:
    """Each statement's resources that have a star in them."""
    for statement in STATEMENTS:
        for resource in several(statement["Resource"]):
            if "*" in resource:
                yield f"{statement['Sid']}: {resource}"


def test_no_action_has_a_star() -> None:
    actions = [action for statement in STATEMENTS for action in several(statement["Action"])]
    assert [action for action in actions if "*" in action] == []
    assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action) for action in actions)


def test_every_star_has_its_reason_and_no_reason_is_left_over() -> None:
    assert set(stars()) == set(REASONS)
    assert all(len(reason) > 20 for reason in REASONS.values())


def test_nothing_lets_the_function_change_itself_or_its_rights() -> None:
    allowed = [action for each in STATEMENTS if each["Effect"] == "Allow" for action in several(each["Action"])]
    services = {action.partition(":")[0] for action in allowed}
    assert not services & {"iam", "lambda", "sts", "kms", "cloudformation", "route53", "kinesis", "ssm"}


def test_every_right_that_the_user_pool_asks_for_is_given_and_no_other() -> None:
    asked = set()
    names = boto3.client("cognito-idp", "us-east-1").meta.method_to_api_mapping
    for path in (ROOT / "shop" / "adapters").glob("*cognito*.py"):
        asked |= {f"cognito-idp:{names[name]}" for name in re.findall(r'"(admin_[a-z_]+)"', path.read_text())}
    given = next(each for each in STATEMENTS if each["Sid"] == "People")["Action"]
    assert asked == set(given)
