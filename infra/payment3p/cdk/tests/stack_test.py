"""What the templates hold. They are left in FOLDER, for the project's own tests to lint and to try."""

import json
import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template

from infra.payment3p.cdk.app import STAGES, build
from infra.payment3p.cdk.stack import WORKER

FOLDER = Path(os.environ.get("TEMPLATES", Path(__file__).parents[4] / ".local" / "payment3p"))


@lru_cache
def made() -> dict[str, dict[str, Any]]:
    """The template of each stage. Synthesizing is what takes long, so it is done once."""
    build(FOLDER).synth()
    return {
        stage: json.loads((FOLDER / f"aspireclothes-{stage}-payment3p.template.json").read_text()) for stage in STAGES
    }


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def template(stage: str) -> Template:
    return Template.from_json(made()[stage])


def of_type(stage: str, kind: str) -> dict[str, Any]:
    """The properties of every resource of a type, by its name in the template."""
    found = made()[stage]["Resources"].items()
    return {name: entry["Properties"] for name, entry in found if entry["Type"] == kind}


def statements(stage: str) -> list[dict[str, Any]]:
    found = of_type(stage, "AWS::IAM::Policy").values()
    return [statement for policy in found for statement in policy["PolicyDocument"]["Statement"]]


def actions(statement: dict[str, Any]) -> list[str]:
    named = statement["Action"]
    return [named] if isinstance(named, str) else list(named)


def test_the_rule_hands_the_providers_events_to_the_queue(stage: str, template: Template) -> None:
    partner = {"prefix": "aws.partner/stripe.com/"}
    sources = [partner] if stage == "production" else [partner, "rehearsal.payment3p"]
    template.resource_count_is("AWS::Events::Rule", 1)
    (queue,) = [name for name, entry in of_type(stage, "AWS::SQS::Queue").items() if "RedrivePolicy" in entry]
    rule = {
        "EventPattern": {"source": sources},
        "EventBusName": {"Ref": "BusName"},
        "State": "ENABLED",
        "Targets": [Match.object_like({"Arn": {"Fn::GetAtt": [queue, "Arn"]}})],
    }
    template.has_resource_properties("AWS::Events::Rule", rule)
    template.has_parameter("BusName", {"Type": "String", "Default": f"aspireclothes-{stage}"})


def test_no_event_is_lost_between_bus_and_queue(stage: str) -> None:
    (rule,) = of_type(stage, "AWS::Events::Rule").values()
    dead = rule["Targets"][0]["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
    assert of_type(stage, "AWS::SQS::Queue")[dead]["QueueName"].endswith("-dead")


def test_every_queue_has_a_dead_letter_queue_and_every_dead_letter_queue_an_alarm(stage: str) -> None:
    queues = of_type(stage, "AWS::SQS::Queue")
    dead = {name for name, queue in queues.items() if queue["QueueName"].endswith("-dead")}
    for name in queues.keys() - dead:
        redrive = queues[name]["RedrivePolicy"]
        assert redrive["deadLetterTargetArn"]["Fn::GetAtt"][0] in dead
        assert redrive["maxReceiveCount"] == 5
    watched = {
        alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
        for alarm in of_type(stage, "AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == "ApproximateNumberOfMessagesVisible" and alarm["Threshold"] == 1
    }
    assert (len(queues), watched) == (2, dead)


def test_every_alarm_tells_the_staff(stage: str, template: Template) -> None:
    template.resource_count_is("AWS::CloudWatch::Alarm", 2)
    template.all_resources_properties("AWS::CloudWatch::Alarm", {"AlarmActions": [{"Ref": "StaffTopic"}]})
    kind = "AWS::SSM::Parameter::Value<String>"
    template.has_parameter("StaffTopic", {"Type": kind, "Default": f"/aspireclothes/{stage}/STAFF_TOPIC_ARN"})


def test_only_failed_messages_come_again(template: Template) -> None:
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 1)
    wanted = {"FunctionResponseTypes": ["ReportBatchItemFailures"], "ScalingConfig": {"MaximumConcurrency": 2}}
    template.has_resource_properties("AWS::Lambda::EventSourceMapping", wanted)


def test_no_message_comes_again_while_its_batch_is_worked_on(stage: str) -> None:
    (worker,) = of_type(stage, "AWS::Lambda::Function").values()
    (source,) = of_type(stage, "AWS::Lambda::EventSourceMapping").values()
    queue = of_type(stage, "AWS::SQS::Queue")[source["EventSourceArn"]["Fn::GetAtt"][0]]
    assert queue["VisibilityTimeout"] == 6 * worker["Timeout"]
    seconds = re.search(r"^POST_SECONDS = (\d+)$", WORKER.read_text(), re.MULTILINE)
    assert seconds and source["BatchSize"] * int(seconds[1]) < worker["Timeout"]


def test_the_function_is_the_worker_and_is_told_all_that_it_asks_for(stage: str, template: Template) -> None:
    (worker,) = of_type(stage, "AWS::Lambda::Function").values()
    assert worker["Code"] == {"ZipFile": WORKER.read_text()}
    asked = set(re.findall(r'os\.environ\["(\w+)"\]', WORKER.read_text()))
    assert set(worker["Environment"]["Variables"]) == asked == {"TABLE", "SECRET", "WEBHOOK_URL"}
    assert worker["Environment"]["Variables"]["SECRET"] == f"aspireclothes/{stage}"
    assert worker["Environment"]["Variables"]["WEBHOOK_URL"]["Fn::Join"][1] == [{"Ref": "SiteUrl"}, "/webhooks/stripe/"]
    assert (worker["Handler"], worker["TracingConfig"]) == ("index.handler", {"Mode": "Active"})
    template.has_parameter("SiteUrl", {"Default": f"/aspireclothes/{stage}/SITE_URL"})


def test_the_table_keeps_an_event_once_and_forgets_it_in_time(stage: str, template: Template) -> None:
    wanted = {
        "TableName": f"aspireclothes-{stage}-payment3p",
        "KeySchema": [{"AttributeName": "event", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": True,
        "BillingMode": "PAY_PER_REQUEST",
    }
    template.has_resource("AWS::DynamoDB::Table", {"Properties": wanted, "DeletionPolicy": "Retain"})


def test_the_worker_may_do_what_it_does_and_no_more(stage: str) -> None:
    assert {action for statement in statements(stage) for action in actions(statement)} == {
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "secretsmanager:GetSecretValue",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ReceiveMessage",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
    # X-Ray's calls know no resource.
    everywhere = [actions(statement) for statement in statements(stage) if "*" in str(statement["Resource"])]
    assert everywhere == [["xray:PutTelemetryRecords", "xray:PutTraceSegments"]]


def test_the_secret_is_the_shops_and_only_named(stage: str) -> None:
    (reading,) = [entry for entry in statements(stage) if actions(entry) == ["secretsmanager:GetSecretValue"]]
    assert reading["Resource"]["Fn::Join"][1][-1] == f":secret:aspireclothes/{stage}-??????"
    assert "AWS::SecretsManager::Secret" not in str(made()[stage])


def test_nothing_is_open_to_strangers(stage: str) -> None:
    policies = of_type(stage, "AWS::SQS::QueuePolicy").values()
    for statement in [entry for policy in policies for entry in policy["PolicyDocument"]["Statement"]]:
        if statement["Effect"] == "Deny":
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        else:
            assert statement["Principal"] == {"Service": "events.amazonaws.com"}
            assert statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"]
    kinds = {entry["Type"] for entry in made()[stage]["Resources"].values()}
    assert not kinds & {"AWS::Lambda::Url", "AWS::Lambda::Permission", "AWS::S3::Bucket", "AWS::SNS::TopicPolicy"}
    assert all(queue["SqsManagedSseEnabled"] for queue in of_type(stage, "AWS::SQS::Queue").values())


def test_the_log_ends(stage: str, template: Template) -> None:
    name = f"/aws/lambda/aspireclothes-{stage}-payment3p"
    template.has_resource_properties("AWS::Logs::LogGroup", {"LogGroupName": name, "RetentionInDays": 30})


def test_what_people_need_is_written_down_apart_from_the_shops_settings(stage: str) -> None:
    names = {parameter["Name"] for parameter in of_type(stage, "AWS::SSM::Parameter").values()}
    below = f"/aspireclothes-payment3p/{stage}/"
    assert names == {below + name for name in ("QUEUE_URL", "DEAD_QUEUE_URL", "TABLE", "FUNCTION")}


def test_the_stages_share_nothing(stage: str) -> None:
    others = [f"aspireclothes-{other}" for other in STAGES if other != stage]
    assert not [other for other in others if other in json.dumps(made()[stage])]


def test_what_breaks_a_rule_of_awss_is_not_synthesized(tmp_path: Path) -> None:
    app = build(tmp_path)
    stack = app.node.find_child("aspireclothes-dev-payment3p")
    sqs.Queue(stack, "Plain")
    attribute = dynamodb.Attribute(name="key", type=dynamodb.AttributeType.STRING)
    dynamodb.Table(stack, "NeverRestored", partition_key=attribute)
    everything = iam.PolicyStatement(actions=["dynamodb:*"], resources=["*"])
    iam.Policy(stack, "Anything", statements=[everything], users=[iam.User(stack, "Somebody")])
    with pytest.raises(RuntimeError) as refused:
        app.synth()
    for rule in (
        "AwsSolutions-SQS3",
        "AwsSolutions-SQS4",
        "AwsSolutions-DDB3",
        "AwsSolutions-IAM5[Action::dynamodb:*]",
    ):
        assert rule in str(refused.value)


def test_one_finding_alone_is_let_pass_with_its_reason() -> None:
    source = (Path(__file__).parent.parent / "stack.py").read_text()
    assert re.findall(r'id="(AwsSolutions[^"]*)"', source) == ["AwsSolutions-IAM5[Resource::*]"]
    assert source.count("acknowledge(") == source.count("reason=") == 1
