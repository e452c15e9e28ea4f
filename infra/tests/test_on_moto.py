"""The stacks that hold what the shop talks to, deployed by moto's CloudFormation as far as it goes.

It knows about a third of the types and skips the others without a word, so what is left is asked for by each service's
own calls. docs/aws.md lists what that leaves unproved.
"""

import json
from typing import Any

import boto3
import pytest
from moto.cloudformation.parsing import get_model_map

from deploy.settings import ONLY_DEPLOY
from infra import load
from infra.tests import test_name
from infra.tests.walking import ALL, nodes

# Its own, since other tests make stages of the same names.
REGION = "eu-west-2"
# What has no default.
GIVEN = {
    "mail": {"MailDomain": "shop.example", "ShopEmail": "hello@shop.example"},
    "edge": {"OriginSecret": "s" * 32},
    "certificate": {"Name": "x.example", "HostedZoneId": "Z123"},
    "name": test_name.GIVEN,
    "analytics": {"ReaderSecretArn": "arn:aws:secretsmanager:x", "Analyst": "arn:aws:quicksight:x"},
}


def names(tree: Any) -> set[str]:
    """Every resource that a part of a template refers to, whichever way."""
    found: set[str] = set()
    for node in nodes(tree):
        if isinstance(node, dict) and len(node) == 1:
            kind, about = next(iter(node.items()))
            text = about if isinstance(about, str) else about[0] if isinstance(about, list) and about else ""
            if kind == "Ref":
                found.add(str(about))
            elif kind == "Fn::GetAtt":
                found.add(str(text).split(".")[0])
            elif kind == "Fn::Sub" and isinstance(text, str):
                found |= {part.split("}")[0].split(".")[0] for part in text.split("${")[1:]}
    return found


def known_to_moto(stack: str) -> dict[str, Any]:
    """The template without types that moto has no model of, what imports, and what refers to either."""
    body = load.expanded(stack)
    body.pop("Outputs", None)
    made: dict[str, Any] = body["Resources"]
    known = get_model_map()
    gone = {name for name, each in made.items() if each["Type"] not in known or "Fn::ImportValue" in str(each)}
    while more := {name for name, each in made.items() if name not in gone and names(each) & gone}:
        gone |= more
    stage = load.Stack(stack, "dev", REGION, load.ACCOUNT, {})
    body["Resources"] = {name: without_pieces(each, stage) for name, each in made.items() if name not in gone}
    return body


def without_pieces(node: Any, stage: load.Stack) -> Any:
    """With blocks of addresses put in: moto can't divide networks."""
    if isinstance(node, list):
        return [without_pieces(item, stage) for item in node]
    if not isinstance(node, dict):
        return node
    if "Fn::Cidr" in str(node.get("Fn::Select")):
        return stage.value(node)
    return {key: without_pieces(item, stage) for key, item in node.items()}


def client(service: str, cloud: str) -> Any:
    found: Any = boto3.session.Session().client(service, REGION, endpoint_url=cloud)  # type: ignore[call-overload]
    return found


def deployed(cloud: str, stack: str) -> set[str]:
    """Deploy what moto knows of a stack, once; the types that were made."""
    formation, name = client("cloudformation", cloud), f"aspireclothes-dev-{stack}"
    body = known_to_moto(stack)
    there = {each["StackName"] for each in formation.list_stacks()["StackSummaries"]}
    if name not in there:
        given = {"Stage": "dev", **GIVEN.get(stack, {})}
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
        formation.create_stack(
            StackName=name, TemplateBody=json.dumps(body), Parameters=parameters, Capabilities=["CAPABILITY_IAM"]
        )
    assert formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    return {each["Type"] for each in body["Resources"].values()}


@pytest.mark.parametrize("stack", ALL)
def test_what_moto_knows_of_a_stack_can_be_made(cloud: str, stack: str) -> None:
    made = deployed(cloud, stack)
    # moto makes nothing of these.
    assert made or stack in ("vault", "firewall", "certificate", "name")


def test_tables_have_their_keys(cloud: str) -> None:
    assert "AWS::DynamoDB::Table" in deployed(cloud, "data")
    dynamodb = client("dynamodb", cloud)
    keys = {
        name: [part["AttributeName"] for part in dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]]
        for name in ("aspireclothes-dev-carts", "aspireclothes-dev-activity")
    }
    assert list(keys.values()) == [["key"], ["pk", "sk"]]


@pytest.mark.parametrize("thing", ["media", "static", "deploy"])
def test_buckets_are_encrypted(cloud: str, thing: str) -> None:
    deployed(cloud, "data")
    s3, bucket = client("s3", cloud), f"aspireclothes-dev-{thing}-123456789012-{REGION}"
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_the_settings_are_where_a_deploy_reads_them(cloud: str) -> None:
    deployed(cloud, "data")
    deployed(cloud, "messaging")
    pages = client("ssm", cloud).get_paginator("get_parameters_by_path").paginate(Path="/aspireclothes/dev")
    told = {each["Name"].split("/")[-1]: each["Value"] for page in pages for each in page["Parameters"]}
    expected = load.settings("dev", region=REGION)
    # What hangs on a type that moto does not know was not made, and some values only AWS knows.
    known = {name: value for name, value in told.items() if not isinstance(expected.get(name), load.Unknown)}
    assert len(known) >= 12
    assert {name: value for name, value in known.items() if name not in ONLY_DEPLOY} == {
        name: expected[name] for name in known if name not in ONLY_DEPLOY
    }


@pytest.mark.parametrize("thing", ["events", "mail-feedback", "kick"])
def test_a_message_that_fails_five_times_is_a_dead_letter(cloud: str, thing: str) -> None:
    assert "AWS::SQS::Queue" in deployed(cloud, "messaging")
    sqs = client("sqs", cloud)
    alive, dead = (sqs.get_queue_url(QueueName=f"aspireclothes-dev-{thing}{end}")["QueueUrl"] for end in ("", "-dead"))
    sqs.send_message(QueueUrl=alive, MessageBody=thing)
    for _ in range(5):
        (message,) = sqs.receive_message(QueueUrl=alive, VisibilityTimeout=0)["Messages"]
        assert message["Body"] == thing
    assert "Messages" not in sqs.receive_message(QueueUrl=alive, VisibilityTimeout=0)
    (message,) = sqs.receive_message(QueueUrl=dead)["Messages"]
    assert message["Body"] == thing


def test_the_network_can_be_made(cloud: str) -> None:
    made = deployed(cloud, "network")
    assert {"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::VPCEndpoint", "AWS::EC2::SecurityGroup"} <= made
    ec2 = client("ec2", cloud)
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["aspireclothes-dev"]}])["Vpcs"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert len({each["CidrBlock"] for each in subnets}) == 6
