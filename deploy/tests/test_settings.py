"""Zappa's settings of a stage, filled in from what the stacks told."""

import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from django.utils.module_loading import import_string

from deploy.settings import (
    MOST_ENVIRONMENT,
    POLICY,
    STAGES,
    TEMPLATE,
    NotReady,
    names_in,
    read_values,
    write,
    write_role,
)

WHOLE = {
    name: f"arn:aws:x:us-east-1:123456789012:{name}"
    if name.endswith(("_ARN", "_SECRET"))
    else f"value-of-{name.lower()}"
    for name in names_in([json.loads(TEMPLATE.read_text()), json.loads(POLICY.read_text())])
} | {
    "STAGE": "staging",
    "AWS_REGION": "us-east-1",
    "ACCOUNT": "123456789012",
    "BUILD_ID": "b1",
    "RUNTIME": "python3.12",
    "FUNCTION_SUBNETS": "subnet-a,subnet-b",
    "FUNCTION_SECURITY_GROUPS": "sg-a",
    "SITE_URL": "https://shop.example",
}


def written(tmp_path: Path, values: dict[str, str], stage: str = "staging") -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings' base and the policy, as they were written."""
    settings = json.loads(write(stage, values, tmp_path).read_text())
    assert set(settings) == {"base", stage}
    return settings["base"], json.loads(Path(settings["base"]["attach_policy"]).read_text())


def test_every_stage_is_the_base_and_changes_nothing_that_counts() -> None:
    stages = json.loads(TEMPLATE.read_text())
    assert set(stages) == {"base", *STAGES}
    for name in STAGES:
        assert (stages[name]["extends"], stages[name]["tags"]["stage"]) == ("base", name)
        assert set(stages[name]) <= {"extends", "tags", "num_retained_versions"}


def test_none_of_zappas_own_defaults_is_left_that_tells_too_much_or_lets_too_much() -> None:
    base = json.loads(TEMPLATE.read_text())["base"]
    wanted = {
        # Traces of errors in pages, and whole events in the log.
        **{"debug": False, "log_level": "INFO"},
        # A right to most of the account; ours are in a file.
        **{"attach_policy": "infra/policies/function.json"},
        # Its own entry runs code that a message names.
        **{"lambda_handler": "storefront.aws.entry.lambda_handler", "keep_warm": False},
        **{"binary_support": True, "xray_tracing": True, "endpoint_configuration": ["REGIONAL"]},
    }
    assert {name: base.get(name) for name in wanted} == wanted
    assert callable(import_string(base["lambda_handler"]))
    assert not {"extra_permissions", "environment_variables", "remote_env", "cors", "function_url_enabled"} & set(base)


def test_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    base, policy = written(tmp_path, WHOLE)
    assert "${" not in json.dumps([base, policy])
    assert base["s3_bucket"] == "value-of-deploy_bucket"
    assert base["vpc_config"] == {"SubnetIds": ["subnet-a", "subnet-b"], "SecurityGroupIds": ["sg-a"]}
    assert [each["event_source"]["arn"] for each in base["events"] if "event_source" in each] == [
        WHOLE["EVENTS_QUEUE_ARN"],
        WHOLE["MAIL_FEEDBACK_QUEUE_ARN"],
        WHOLE["KICK_QUEUE_ARN"],
    ]


def test_the_function_is_told_what_the_stacks_told_and_nothing_it_may_not_have(tmp_path: Path) -> None:
    base, _ = written(tmp_path, WHOLE)
    told = base["aws_environment_variables"]
    assert told["SITE_URL"] == "https://shop.example"
    assert (told["STAGE"], told["BUILD_ID"]) == ("staging", "b1")
    assert told["DJANGO_SETTINGS_MODULE"] == "storefront.settings.aws"
    assert not {"AWS_REGION", "ACCOUNT", "DEPLOY_BUCKET", "FUNCTION_SUBNETS", "FUNCTION_SECURITY_GROUPS"} & set(told)
    assert "environment_variables" not in base


def test_the_function_runs_on_the_python_that_built_its_package(tmp_path: Path) -> None:
    values = {name: value for name, value in WHOLE.items() if name != "RUNTIME"}
    base, _ = written(tmp_path, values)
    assert base["runtime"] == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert "RUNTIME" not in base["aws_environment_variables"]


def test_all_that_is_missing_is_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    values = {name: value for name, value in WHOLE.items() if name not in ("DEPLOY_BUCKET", "STAFF_TOPIC_ARN")}
    with pytest.raises(NotReady) as caught:
        write("staging", values, tmp_path / "new")
    assert str(caught.value) == (
        "no stack has written /aspireclothes/staging/DEPLOY_BUCKET, /aspireclothes/staging/STAFF_TOPIC_ARN"
    )
    assert not (tmp_path / "new").exists()


def test_an_environment_that_lambda_would_refuse_is_refused_here(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=f"and Lambda takes {MOST_ENVIRONMENT}"):
        write("staging", WHOLE | {"SELLER_NAME": "x" * MOST_ENVIRONMENT}, tmp_path)


def test_what_is_read_is_the_stages_own(cloud: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    name = f"THING_{uuid4().hex.upper()}"
    ssm = boto3.client("ssm", "us-east-1", endpoint_url=cloud)
    for stage, value in (("dev", "ours"), ("production", "theirs")):
        ssm.put_parameter(Name=f"/aspireclothes/{stage}/{name}", Value=value, Type="String")
    for number in range(12):
        ssm.put_parameter(Name=f"/aspireclothes/dev/{name}_{number}", Value=str(number), Type="String", Overwrite=True)
    values = read_values("dev", "b7")
    assert values[name] == "ours"
    assert [values[f"{name}_{number}"] for number in range(12)] == [str(number) for number in range(12)]
    assert (values["STAGE"], values["AWS_REGION"], values["BUILD_ID"]) == ("dev", "us-east-1", "b7")
    assert values["ACCOUNT"] == "123456789012"


def test_the_functions_role_gets_exactly_the_policy(
    cloud: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    path = write("staging", WHOLE, tmp_path)
    write_role("staging", path)
    role = boto3.resource("iam", "us-east-1", endpoint_url=cloud).Role("aspireclothes-staging-ZappaLambdaExecutionRole")
    policies = list(role.policies.all())
    assert [each.name for each in policies] == ["zappa-permissions"]
    assert policies[0].policy_document == json.loads((tmp_path / "function.json").read_text())
    assert list(role.attached_policies.all()) == []
