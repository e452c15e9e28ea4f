"""A stage of moto's for tests of deploys: what the stacks would have made and told, and packages to release."""

import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

from deploy.settings import DEPLOYS_OWN, ONLY_DEPLOY, POLICY, PREFIX, TEMPLATE, names_in
from infra import load
from sandbox.cloud import functions

LAMBDA_MAY_TAKE_IT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
SECRETS = {
    "COGNITO_CLIENT_SECRET": "only-the-pool-knows",
    "ORIGIN_SECRET": "let-me-in,old",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
}
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database"
QUEUES = ("events", "mail-feedback", "kick")
ENTRY = """
import json, os, pathlib

def lambda_handler(event, context):
    if "manage" in event:
        if event["manage"].startswith("migrate"):
            assert {migrates!r}, "column exists already"
            return {{"command": "migrate", "output": "Running migrations:\\n  Applying shop.0003_more... OK\\n"}}
        pathlib.Path({record!r}).open("a").write(event["manage"].removeprefix("release ") + "\\n")
        return {{"command": "release", "output": ""}}
    if event["headers"].get("X-Origin-Secret") != "let-me-in":
        return {{"statusCode": 403, "headers": {{}}, "body": "refused"}}
    pages = {{"/healthz": "ok " + os.environ["BUILD_ID"], "/readyz": "ready", "/": "<h1>A shop</h1>"}}
    if event["path"] == "/readyz" and not {ready!r}:
        return {{"statusCode": 503, "headers": {{}}, "body": "the database does not answer"}}
    return {{"statusCode": 200, "headers": {{}}, "body": pages[event["path"]]}}
"""


def make_stage(stage: str, **told: str) -> dict[str, str]:
    """Buckets, queues, parameters and the secret, which a deploy needs; what the function is told."""
    functions.run_packages()
    s3, ssm, sqs = functions.client("s3"), functions.client("ssm"), functions.client("sqs")
    values = dict.fromkeys(asked_for(), "none-1") | load.settings(stage)
    values |= {"CDN_DISTRIBUTION_ID": distribution(), "DATABASE_SECRET": SECRET} | told
    for name in ("DEPLOY_BUCKET", "STATIC_BUCKET"):
        values[name] = f"test-{name.lower().replace('_', '-')}-{uuid4().hex[:8]}"
    for name in ("DEPLOY_BUCKET", "STATIC_BUCKET"):
        s3.create_bucket(Bucket=values[name])
    make_role(stage)
    for queue in QUEUES:
        # A queue of a former deploy of this process keeps its link to a function that is gone.
        sqs.create_queue(QueueName=f"aspireclothes-{stage}-{queue}")
    for name, value in values.items():
        folder = "deploy/" if name in ONLY_DEPLOY else ""
        ssm.put_parameter(
            Name=f"{PREFIX}/{stage}/{folder}{name}", Value=str(value) or "none", Type="String", Overwrite=True
        )
    secrets = functions.client("secretsmanager")
    secret = {"Name": f"aspireclothes/{stage}", "SecretString": json.dumps(SECRETS)}
    try:
        secrets.create_secret(**secret)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=secret["Name"], SecretString=secret["SecretString"])
    return values


def small_package(place: Path, *, ready: bool = True, migrates: bool = True, mark: str = "") -> Path:
    """A package that answers as the shop would, and writes its releases into place/records."""
    package = place / f"{uuid4().hex}.zip"
    with zipfile.ZipFile(package, "w") as packed:
        entry = ENTRY.format(ready=ready, migrates=migrates, record=str(place / "records")) + f"# {mark}\n"
        packed.writestr("storefront/aws/entry.py", entry)
    return package


def records(place: Path) -> list[dict[str, Any]]:
    """What the shop was told of its releases."""
    path = place / "records"
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line[1:-1] if line.startswith("'") else line) for line in lines]


def make_role(stage: str) -> None:
    """The function's, as Zappa would make it."""
    iam, name = functions.client("iam"), f"aspireclothes-{stage}-ZappaLambdaExecutionRole"
    try:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(LAMBDA_MAY_TAKE_IT))
    except iam.exceptions.EntityAlreadyExistsException:
        return


def asked_for() -> set[str]:
    """What Zappa's settings and the function's rights name."""
    files = (TEMPLATE, POLICY)
    return names_in([json.loads(path.read_text()) for path in files]) - DEPLOYS_OWN


def distribution() -> str:
    """An edge, as far as moto has one; its id."""
    origin = {"Id": "shop", "DomainName": "shop.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    behaviour = {"TargetOriginId": "shop", "ViewerProtocolPolicy": "https-only"}
    config = {
        **{"CallerReference": uuid4().hex, "Comment": "", "Enabled": True, "DefaultCacheBehavior": behaviour},
        "Origins": {"Quantity": 1, "Items": [origin]},
    }
    return str(functions.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]["Id"])


MOCK = {"Type": "MOCK", "IntegrationHttpMethod": "GET", "Uri": ""}
GATEWAY: dict[str, Any] = {
    "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "aspireclothes"}},
    "Method": {
        "Type": "AWS::ApiGateway::Method",
        "Properties": {
            "RestApiId": {"Ref": "Api"},
            "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            **{"HttpMethod": "GET", "AuthorizationType": "NONE", "Integration": MOCK},
        },
    },
}


def quick_zappa(command: str, stage: str, settings: Path, *more: str) -> None:
    """What Zappa does to the function and the stack of its gateway, in a moment; no schedules, queues, rights."""
    lambdas, stacks, name = functions.client("lambda"), functions.client("cloudformation"), f"aspireclothes-{stage}"
    if command == "undeploy":
        lambdas.delete_function(FunctionName=name)
        stacks.delete_stack(StackName=name)
        return
    known = json.loads(settings.read_text())["base"]
    bucket, _, key = more[-1].removeprefix("s3://").partition("/")
    environment = {"Variables": known["aws_environment_variables"]}
    if command == "update":
        lambdas.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key=key)
        lambdas.update_function_configuration(FunctionName=name, Environment=environment)
        return
    lambdas.create_function(
        FunctionName=name,
        Runtime=known["runtime"],
        Role=f"arn:aws:iam::123456789012:role/aspireclothes-{stage}-ZappaLambdaExecutionRole",
        Handler=known["lambda_handler"],
        Code={"S3Bucket": bucket, "S3Key": key},
        Environment=environment,
    )
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": GATEWAY}))
    api = stacks.describe_stack_resource(StackName=name, LogicalResourceId="Api")["StackResourceDetail"]
    functions.client("apigateway").create_deployment(restApiId=api["PhysicalResourceId"], stageName=stage)


def make_resources(stage: str, values: dict[str, str]) -> None:
    """What the shop itself asks for: tables, the bus with its queue, the topic, buckets, an address to write from."""
    dynamodb, events, s3 = functions.client("dynamodb"), functions.client("events"), functions.client("s3")
    for setting, keys in TABLES.items():
        kinds = [{"AttributeName": key, "KeyType": "RANGE" if place else "HASH"} for place, key in enumerate(keys)]
        dynamodb.create_table(
            TableName=values[setting],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=kinds,
        )
    bus, pattern = values["EVENT_BUS_NAME"], {"source": [{"prefix": "aspireclothes."}]}
    events.create_event_bus(Name=bus)
    events.put_rule(Name=f"{bus}-events", EventBusName=bus, EventPattern=json.dumps(pattern))
    target = {"Id": "events", "Arn": values["EVENTS_QUEUE_ARN"]}
    events.put_targets(Rule=f"{bus}-events", EventBusName=bus, Targets=[target])
    functions.client("sns").create_topic(Name=values["STAFF_TOPIC_ARN"].rpartition(":")[2])
    s3.create_bucket(Bucket=values["MEDIA_BUCKET"])
    functions.client("ses").verify_domain_identity(Domain=values["SHOP_EMAIL"].rpartition("@")[2])


TABLES = {"CARTS_TABLE": ("key",), "ACTIVITY_TABLE": ("pk", "sk")}
