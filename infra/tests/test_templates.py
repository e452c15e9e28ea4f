"""Each template by itself is one that CloudFormation takes, and all of them together fit."""

import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.api import ManualArgs, lint_file

from infra import load
from infra.tests.walking import ALL, every, nodes, resolved

# Templates that are not of a stage's stacks, with more tests of their own.
APART = ("pipeline", "pipeline_stage")
LINES, BYTES, RESOURCES, OUTPUTS, PARAMETERS = 500, 51_200, 500, 200, 200


@pytest.mark.parametrize("stack", [*ALL, *APART])
def test_cloudformation_would_take_it(stack: str) -> None:
    path = load.FOLDER / f"{stack}.yaml"
    assert lint_file(path, config=ManualArgs(regions=["us-east-1", "eu-west-2"])) == []


@pytest.mark.parametrize("stack", [*ALL, *APART])
def test_it_stays_within_the_limits(stack: str) -> None:
    text, whole = (load.FOLDER / f"{stack}.yaml").read_text(), load.expanded(stack)
    assert len(text.splitlines()) <= LINES
    assert len(text.encode()) <= BYTES
    assert len(whole["Resources"]) <= RESOURCES
    assert len(whole.get("Outputs", {})) <= OUTPUTS
    assert len(whole["Parameters"]) <= PARAMETERS


def test_every_template_of_the_folder_is_known_here() -> None:
    assert {path.stem for path in load.FOLDER.glob("*.yaml")} == {*ALL, *APART}


@pytest.mark.parametrize("stack", [*ALL, *APART])
def test_it_uses_nothing_of_yaml_that_cloudformation_does_not_know(stack: str) -> None:
    assert not re.search(r"(?m)(: |- )[&*][a-z]", (load.FOLDER / f"{stack}.yaml").read_text())


@pytest.mark.parametrize("stack", ALL)
def test_every_stack_is_of_a_stage(stack: str) -> None:
    assert load.template(stack)["Parameters"]["Stage"] == {
        "Type": "String",
        "AllowedValues": ["dev", "staging", "production"],
    }


@pytest.mark.parametrize("stack", [*ALL, *APART])
def test_every_parameter_and_condition_is_used(stack: str) -> None:
    body = load.template(stack)
    inside = str([body["Resources"], body.get("Outputs"), body.get("Conditions")])
    for name in body["Parameters"]:
        assert f"{{'Ref': '{name}'}}" in inside or f"${{{name}}}" in inside, name
    for name in body.get("Conditions", {}):
        assert f"'{name}'" in str([body["Resources"], body.get("Outputs")]), name


def imports() -> set[str]:
    return {
        load.Stack(stack, "dev", "us-east-1", load.ACCOUNT, {}).value(node["Fn::ImportValue"])
        for stack in ALL
        for node in nodes(load.template(stack))
        if isinstance(node, dict) and "Fn::ImportValue" in node
    }


def exports() -> list[str]:
    return [
        load.Stack(stack, "dev", "us-east-1", load.ACCOUNT, {}).value(output["Export"]["Name"])
        for stack in ALL
        for output in load.template(stack).get("Outputs", {}).values()
        if "Export" in output
    ]


def test_what_is_imported_was_exported_before_and_nothing_else_is_exported() -> None:
    for stack in ALL:
        load.resources(stack, "dev")
    assert imports() == set(exports())


def test_exports_have_names_of_their_own() -> None:
    assert len(exports()) == len(set(exports()))


def test_two_stages_share_no_name() -> None:
    def names(stage: str) -> list[str]:
        found = []
        for stack in ALL:
            for made in load.resources(stack, stage).values():
                found += [made.properties[key] for key in {*load.NAMES.values(), "RoleName"} if key in made.properties]
        return [name for name in found if isinstance(name, str) and not isinstance(name, load.Unknown)]

    dev, staging = names("dev"), names("staging")
    assert len(dev) > 30
    assert set(dev) & set(staging) == set()


@pytest.mark.parametrize("egress", ["instance", "gateway"])
def test_there_is_exactly_one_way_out(egress: str) -> None:
    made = load.resources("network", "dev", given={"Egress": egress})
    kinds = [each.type for each in made.values()]
    assert kinds.count("AWS::EC2::NatGateway") == (egress == "gateway")
    assert kinds.count("AWS::AutoScaling::AutoScalingGroup") == (egress == "instance")
    table = "network.RoutesByGateway" if egress == "gateway" else "network.RoutesByInstance"
    for name in ("FunctionRoutesA", "FunctionRoutesB"):
        assert made[name].properties["RouteTableId"] == table
    for name in ("S3Endpoint", "DynamoDbEndpoint"):
        assert made[name].properties["RouteTableIds"] == [table]


def test_the_database_has_no_way_out() -> None:
    routes = [made for _, _, made in every("AWS::EC2::Route")]
    tables = {route["Properties"]["RouteTableId"]["Ref"] for route in routes}
    assert tables == {"PublicRoutes", "RoutesByGateway"}
    made = load.resources("network", "dev")
    assert made["DatabaseRoutesA"].properties["RouteTableId"] == made["DatabaseRoutesB"].properties["RouteTableId"]
    assert made["DatabaseRoutesA"].properties["RouteTableId"] == "network.DatabaseRoutes"


def test_every_setting_is_told_once_and_below_the_stage() -> None:
    told = [made.properties["Name"] for made in resolved("AWS::SSM::Parameter").values()]
    assert len(told) == len(set(told)) > 15
    assert {name for name in told if not re.fullmatch(r"/aspireclothes/dev/[A-Z][A-Z0-9_]+", name)} == set()


def test_what_only_aws_knows_says_where_it_comes_from() -> None:
    told: dict[str, Any] = load.settings("dev")
    assert told["CARTS_TABLE"] == "aspireclothes-dev-carts"
    assert told["EVENTS_QUEUE_ARN"] == "arn:aws:sqs:us-east-1:123456789012:aspireclothes-dev-events"
    assert isinstance(told["DATABASE_HOST"], load.Unknown)
    assert told["DATABASE_HOST"] == "data.Instance.Endpoint.Address"
    assert Path(load.FOLDER, "data.yaml").is_file()
