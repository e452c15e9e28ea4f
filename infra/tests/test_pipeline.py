"""The pipeline does what the buildspecs expect, in the right order, and nothing at a stage that is not its own."""

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from zappa.core import Zappa

from deploy import buildspec
from deploy.programs import ROOT
from deploy.settings import TEMPLATE
from infra import load
from infra.payment3p import testing
from infra.tests.walking import as_list, nodes

CONNECTED = {"ConnectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/1", "Repository": "owner/shop"}
CODECOMMIT = {"ConnectionArn": "", "Repository": "shop"}
SPECS = {path.stem: buildspec.load(path) for path in sorted(buildspec.FOLDER.glob("*.yml"))}
STAGES = ("staging", "production")


def made(given: dict[str, str] = CONNECTED) -> dict[str, load.Resource]:
    return load.resources("pipeline", "", given=given)


def made_for(stage: str) -> dict[str, load.Resource]:
    return load.resources("pipeline_stage", stage, given=CONNECTED)


def stages(given: dict[str, str] = CONNECTED) -> dict[str, list[dict[str, Any]]]:
    """Each stage's actions, in the order in which they are run."""
    found = made(given)["Pipeline"].properties["Stages"]
    return {stage["Name"]: sorted(stage["Actions"], key=lambda action: action.get("RunOrder", 1)) for stage in found}


def projects() -> dict[str, dict[str, Any]]:
    """Every project, by what an action calls it."""
    everywhere = [("pipeline", made()), *((stage, made_for(stage)) for stage in STAGES)]
    return {
        f"pipeline.{key}" if where == "pipeline" else project.properties["Name"]: project.properties
        for where, resources in everywhere
        for key, project in resources.items()
        if project.type == "AWS::CodeBuild::Project"
    }


def builds() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every action that runs a project, with the project."""
    found = [action for actions in stages().values() for action in actions]
    return [
        (action, projects()[action["Configuration"]["ProjectName"]])
        for action in found
        if action["ActionTypeId"]["Provider"] == "CodeBuild"
    ]


def spec_of(project: dict[str, Any]) -> buildspec.Buildspec:
    return SPECS[project["Source"]["BuildSpec"].removeprefix("buildspecs/").removesuffix(".yml")]


def statements(role: load.Resource) -> list[dict[str, Any]]:
    return [one for policy in role.properties["Policies"] for one in policy["PolicyDocument"]["Statement"]]


def actions(role: load.Resource) -> set[str]:
    return {action for statement in statements(role) for action in as_list(statement["Action"])}


def test_each_buildspec_is_run_and_what_is_run_is_there() -> None:
    named = {project["Source"]["BuildSpec"] for project in projects().values()}
    assert named == {f"buildspecs/{name}.yml" for name in SPECS}
    assert len(builds()) == len(projects()) == 6


def test_a_commit_goes_the_whole_way_in_this_order() -> None:
    assert {name: [action["Name"] for action in found] for name, found in stages().items()} == {
        "Source": ["Commit"],
        "Build": ["Test", "Package"],
        "Staging": ["Payments", "Deploy", "Smoke"],
        "Approval": ["Approve"],
        "Production": ["Payments", "Deploy", "Smoke"],
    }
    assert list(stages()) == ["Source", "Build", "Staging", "Approval", "Production"]
    for found in stages().values():
        orders = [action.get("RunOrder", 1) for action in found]
        assert orders == sorted(set(orders))


def test_a_person_says_yes_before_production() -> None:
    (asking,) = stages()["Approval"]
    assert asking["ActionTypeId"]["Provider"] == "Manual"
    assert asking["Configuration"]["NotificationArn"].endswith(":aspireclothes-pipeline-approvals")
    publishing = [one for one in statements(made()["PipelineRole"]) if one["Action"] == "sns:Publish"]
    assert [one["Resource"] for one in publishing] == [asking["Configuration"]["NotificationArn"]]


def test_both_stages_get_the_same_with_their_own_names() -> None:
    def of(stage: str) -> str:
        return str(stages()[stage.title()]).replace(stage.title(), "Stage").replace(stage, "stage")

    assert of("staging") == of("production")
    assert {action["Configuration"].get("ProjectName", "") for action in stages()["Production"]} == {
        "",
        "aspireclothes-production-deploy",
        "aspireclothes-production-smoke",
    }


def test_what_an_action_takes_was_handed_on_before() -> None:
    there: set[str] = set()
    for found in stages().values():
        for action in found:
            assert {one["Name"] for one in action.get("InputArtifacts", [])} <= there, action["Name"]
            there |= {one["Name"] for one in action.get("OutputArtifacts", [])}
    assert there == {"Source", "Package"}


@pytest.mark.parametrize("number", range(6))
def test_every_variable_that_the_commands_use_is_given(number: int) -> None:
    action, project = builds()[number]
    given = {one["Name"] for one in project["Environment"].get("EnvironmentVariables", [])}
    primary = action["Configuration"].get("PrimarySource", action["InputArtifacts"][0]["Name"])
    given |= {f"CODEBUILD_SRC_DIR_{one['Name']}" for one in action["InputArtifacts"] if one["Name"] != primary}
    spec = spec_of(project)
    assert spec.needs() | set(spec.elsewhere) == given


def test_every_make_target_is_there() -> None:
    makefile = (load.FOLDER.parent / "Makefile").read_text()
    commands = "\n".join(one for spec in SPECS.values() for phase in spec.phases.values() for one in phase.commands)
    targets = set(re.findall(r"\bmake ([a-z0-9]+)", commands))
    assert {target for target in targets if not re.search(rf"(?m)^{target}:", makefile)} == set()
    assert targets == {"package", "payment3p", "deploy"}
    assert (load.FOLDER.parent / ".ci" / "run").is_file()


def test_the_package_is_built_by_a_python_whose_lambda_can_load_it() -> None:
    """Lambda's Python 3.11 has an older glibc than the locked libraries need."""
    images = {load.template(name)["Parameters"]["Image"]["Default"] for name in ("pipeline", "pipeline_stage")}
    (image,) = images
    assert int(image.split(":3.")[1].split("-")[0]) >= 12


def test_what_is_handed_on_is_what_is_taken() -> None:
    spec = SPECS["package"]
    (packaging,) = [action for action, project in builds() if spec_of(project) == spec]
    assert packaging["OutputArtifacts"] == [{"Name": "Package"}]
    assert spec.files == ["aspireclothes.zip", "static/**/*", "payment3p/*.template.json"]
    for stage in STAGES:
        settings = stages()[stage.title()][0]["Configuration"]
        stack = f"aspireclothes-{stage}-payment3p"
        assert settings["TemplatePath"] == f"Package::payment3p/{stack}.template.json"
        assert settings["StackName"] == stack
        assert settings["RoleArn"].endswith(f":role/{made_for(stage)['PaymentStackRole'].properties['RoleName']}")
        assert settings["ParameterOverrides"] == f'{{"BusName": "aspireclothes-{stage}"}}'
    deploying = "\n".join(one for phase in SPECS["deploy"].phases.values() for one in phase.commands)
    assert set(re.findall(r"\$CODEBUILD_SRC_DIR_Package/([\w.]+)", deploying)) == {"aspireclothes.zip", "static"}


def test_the_source_comes_by_the_connection_or_by_codecommit() -> None:
    (connected,), (committed,) = stages(CONNECTED)["Source"], stages(CODECOMMIT)["Source"]
    assert connected["ActionTypeId"]["Provider"] == "CodeStarSourceConnection"
    assert connected["Configuration"]["FullRepositoryId"] == "owner/shop"
    assert committed["ActionTypeId"]["Provider"] == "CodeCommit"
    assert committed["Configuration"]["RepositoryName"] == "shop"
    assert {one["Configuration"]["OutputArtifactFormat"] for one in (connected, committed)} == {"CODEBUILD_CLONE_REF"}
    assert {"Pushed", "PushedRole"} == set(made(CODECOMMIT)) - set(made(CONNECTED))
    pattern = made(CODECOMMIT)["Pushed"].properties["EventPattern"]
    assert pattern["resources"] == ["arn:aws:codecommit:us-east-1:123456789012:shop"]
    assert pattern["detail"]["referenceName"] == ["main"]


@pytest.mark.parametrize("given", [CONNECTED, CODECOMMIT], ids=["connection", "codecommit"])
def test_whoever_builds_may_read_the_source_and_nothing_of_the_shop(given: dict[str, str]) -> None:
    by_connection = {"codeconnections:UseConnection", "codestar-connections:UseConnection"}
    reading = by_connection if given is CONNECTED else {"codecommit:GitPull"}
    rights = actions(load.resources("pipeline", "", given=given)["BuildRole"])
    assert rights - reading == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
    }
    assert reading <= rights
    for role in ("DeployRole", "SmokeRole"):
        assert reading <= actions(load.resources("pipeline_stage", "staging", given=given)[role])


# The rights of calls that have another name.
RIGHTS = {
    "invoke": "InvokeFunction",
    "list_objects_v2": "ListBucket",
    "update_stage": "PATCH",
    "upload_file": "PutObject",
}


def test_a_deploy_may_make_the_calls_that_it_makes_itself() -> None:
    """Those that Zappa makes for it are not read here."""
    source = "".join((ROOT / "deploy" / f"{name}.py").read_text() for name in ("account", "lock", "static"))
    calls = set(re.findall(r"(?:self\.functions|self\.clients\[\"\w+\"\]|\bs3)\.([a-z_0-9]+)\(", source))
    calls -= {"get_paginator", "get_waiter"}
    needed = {RIGHTS.get(call, "".join(word.title() for word in call.split("_"))) for call in calls}
    assert len(needed) > 8
    assert needed - {action.split(":")[1] for action in actions(made_for("staging")["DeployRole"])} == set()


def test_no_stage_has_a_right_at_another() -> None:
    for stage, other in (STAGES, STAGES[::-1]):
        for name, resource in made_for(stage).items():
            assert f"aspireclothes-{other}" not in str(resource.properties), name
            assert f"aspireclothes/{other}" not in str(resource.properties), name


def test_a_right_at_the_stage_names_it() -> None:
    """But for what only looks, and what AWS gives ids to."""
    without = {"WriteLog", "TakeThePackage", "TakeTheSource", "CloneByConnection", "LookAround", "LookAtMappings"}
    without |= {"ConnectItsQueues", "WorkersQueue", "MakeItsGateway", "ForgetPages", "TagMappings"}
    for name, role in made_for("staging").items():
        if role.type == "AWS::IAM::Role":
            for statement in statements(role):
                if statement["Sid"] not in without:
                    assert all("staging" in arn for arn in as_list(statement["Resource"])), (name, statement["Sid"])
                if statement["Resource"] == "*" and not statement["Sid"].startswith("Look"):
                    assert "function:aspireclothes-staging" in str(statement["Condition"])


def test_a_role_is_passed_to_its_service_alone() -> None:
    for role in [*made().values(), *made_for("staging").values()]:
        for statement in statements(role) if role.type == "AWS::IAM::Role" else []:
            if "iam:PassRole" in as_list(statement["Action"]):
                assert statement["Action"] == "iam:PassRole"
                assert set(statement["Condition"]["StringEquals"]) == {"iam:PassedToService"}


def test_the_functions_role_is_passed_to_all_that_zappa_passes_it_to() -> None:
    """It names the role to Lambda, in each schedule's rule, and as what the gateway calls the function with."""
    (passes,) = (each for each in statements(made_for("staging")["DeployRole"]) if each["Sid"] == "PassItItsRole")
    services = passes["Condition"]["StringEquals"]["iam:PassedToService"]
    assert services == [f"{service}.amazonaws.com" for service in ("apigateway", "events", "lambda")]


@pytest.mark.parametrize("stage", ["dev", *STAGES])
def test_the_schedules_that_zappa_makes_are_among_those_that_a_deploy_may_make(stage: str) -> None:
    (sets,) = (each for each in statements(made_for(stage)["DeployRole"]) if each["Sid"] == "SetItsSchedules")
    zappa, events = Zappa(load_credentials=False), json.loads(TEMPLATE.read_text())["base"]["events"]
    rules = [
        zappa.get_scheduled_event_name(each, each["function"], f"aspireclothes-{stage}")
        for each in events
        if "expression" in each
    ]
    assert len(set(rules)) == len(rules) > 20
    arns = [f"arn:aws:events:us-east-1:123456789012:rule/{rule}" for rule in rules]
    assert [arn for arn in arns if not fnmatchcase(arn, sets["Resource"])] == []


def test_every_role_is_taken_up_by_one_service_for_this_account_alone() -> None:
    for role in [*made(CODECOMMIT).values(), *made_for("staging").values()]:
        if role.type == "AWS::IAM::Role":
            (trust,) = role.properties["AssumeRolePolicyDocument"]["Statement"]
            assert trust["Principal"]["Service"].endswith(".amazonaws.com")
            assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_what_is_handed_on_is_encrypted_closed_and_forgotten() -> None:
    bucket = made()["Artifacts"].properties
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30
    for name in ("ArtifactsPolicy", "ApprovalsPolicy"):
        (refusal,) = made()[name].properties["PolicyDocument"]["Statement"]
        assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert made()["Approvals"].properties["KmsMasterKeyId"]
    names = {f"aspireclothes-pipeline-{load.ACCOUNT}-us-east-1", bucket["BucketName"]}
    taking = [one for one in statements(made_for("staging")["DeployRole"]) if one["Sid"] == "TakeThePackage"]
    assert {taking[0]["Resource"].removeprefix("arn:aws:s3:::").removesuffix("/*")} == names


def test_no_secret_stands_in_the_templates() -> None:
    for resources in (made(), made_for("production")):
        for node in nodes([one.raw for one in resources.values()]):
            if isinstance(node, dict) and node.get("Type") == "PLAINTEXT":
                raise AssertionError(node)
            if isinstance(node, str):
                assert not re.search(r"(?i)(whsec_|sk_live|password|AKIA)", node)


# What of the payment stack has a name that we chose, and how AWS writes it.
FORMS = {
    "AWS::SQS::Queue": "arn:aws:sqs:us-east-1:123456789012:{QueueName}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:us-east-1:123456789012:table/{TableName}",
    "AWS::Lambda::Function": "arn:aws:lambda:us-east-1:123456789012:function:{FunctionName}",
    "AWS::Logs::LogGroup": "arn:aws:logs:us-east-1:123456789012:log-group:{LogGroupName}",
    "AWS::CloudWatch::Alarm": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:{AlarmName}",
    "AWS::SSM::Parameter": "arn:aws:ssm:us-east-1:123456789012:parameter{Name}",
    "AWS::Events::Rule": "arn:aws:events:us-east-1:123456789012:rule/aws.partner/stripe.com/ed_1/{Name}",
}
# These have no name, or belong to one that has.
NAMELESS = {"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::Lambda::EventSourceMapping", "AWS::SQS::QueuePolicy"}


# Of keys of our own, and of rules that call with a role: none of these has one.
NOT_HERE = {"kms:Decrypt", "iam:PassRole"}


@pytest.mark.parametrize("kind", sorted({*FORMS, *NAMELESS}))
def test_cloudformation_may_look_at_what_it_makes_as_its_own_types_say(kind: str) -> None:
    """AWS publishes with each type what its handlers call; without it a resource fails though it has been made."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    calls = {
        *schema["handlers"].get("read", {}).get("permissions", []),
        *schema.get("tagging", {}).get("permissions", []),
    }
    stack = statements(made_for("staging")["PaymentStackRole"])
    allowed = {action for statement in stack for action in as_list(statement["Action"])}
    assert calls - NOT_HERE - allowed == set()


def test_cloudformation_may_make_all_that_is_in_the_payment_stack() -> None:
    if not (path := testing.templates().get("staging")):
        pytest.skip("there is no template of infra/payment3p: `make payment3p` makes it")
    inside = json.loads(path.read_text())["Resources"].values()
    assert {one["Type"] for one in inside} == set(FORMS) | NAMELESS
    role = made_for("staging")["PaymentStackRole"]
    allowed = [arn for statement in statements(role) for arn in as_list(statement["Resource"]) if arn != "*"]
    for one in inside:
        if one["Type"] in FORMS:
            arn = FORMS[one["Type"]].format(**one["Properties"])
            assert any(fnmatchcase(arn, pattern) for pattern in allowed), arn
