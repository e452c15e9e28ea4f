"""What the adapters call is what the function may do: each method of a client beside the right that it takes.

The calls of the user pool have a test of their own (deploy/tests/test_function_rights.py).
"""

import ast
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.conf import settings

ADAPTERS = Path(settings.BASE_DIR) / "shop" / "adapters"
POLICY = Path(settings.BASE_DIR) / "infra" / "policies" / "function.json"
# By service: each method that an adapter calls, and the rights it takes.
RIGHTS: dict[str, dict[str, set[str]]] = {
    "cloudfront": {"create_invalidation": {"cloudfront:CreateInvalidation"}},
    "dynamodb": {
        "batch_get_item": {"dynamodb:BatchGetItem"},
        "delete_item": {"dynamodb:DeleteItem"},
        "get_item": {"dynamodb:GetItem"},
        "put_item": {"dynamodb:PutItem"},
        "query": {"dynamodb:Query"},
        # No right of its own: those of the writes in it, which are Put and Update.
        "transact_write_items": {"dynamodb:PutItem", "dynamodb:UpdateItem"},
        "update_item": {"dynamodb:UpdateItem"},
    },
    "events": {"put_events": {"events:PutEvents"}},
    "rds": {
        "create_db_instance": {"rds:CreateDBInstance"},
        "delete_db_cluster": {"rds:DeleteDBCluster"},
        "delete_db_instance": {"rds:DeleteDBInstance"},
        "describe_db_clusters": {"rds:DescribeDBClusters"},
        "describe_db_instances": {"rds:DescribeDBInstances"},
        "add_tags_to_resource": {"rds:AddTagsToResource"},
        "modify_db_cluster": {"rds:ModifyDBCluster"},
        "modify_db_instance": {"rds:ModifyDBInstance"},
        # The copy is tagged as it is made.
        "restore_db_cluster_to_point_in_time": {"rds:RestoreDBClusterToPointInTime", "rds:AddTagsToResource"},
        "restore_db_instance_to_point_in_time": {"rds:RestoreDBInstanceToPointInTime", "rds:AddTagsToResource"},
    },
    "secretsmanager": {
        # Each secret of the batch takes the right to it besides.
        "batch_get_secret_value": {"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"}
    },
    # A raw mail takes the right to send raw ones too.
    "sesv2": {"send_email": {"ses:SendEmail", "ses:SendRawEmail"}},
    "sns": {"publish": {"sns:Publish"}},
    "sqs": {"send_message": {"sqs:SendMessage"}},
}
# What is called by others in the function's name, or by a library; no method stands in our source.
OTHERS = {
    "logs:CreateLogGroup": "Lambda writes the function's log",
    "logs:CreateLogStream": "Lambda writes the function's log",
    "logs:PutLogEvents": "Lambda writes the function's log",
    "xray:PutTraceSegments": "Lambda sends traces",
    "xray:PutTelemetryRecords": "Lambda sends traces",
    "ec2:CreateNetworkInterface": "Lambda stands in the network",
    "ec2:DescribeNetworkInterfaces": "Lambda stands in the network",
    "ec2:DescribeSubnets": "Lambda stands in the network",
    "ec2:DeleteNetworkInterface": "Lambda stands in the network",
    "ec2:AssignPrivateIpAddresses": "Lambda stands in the network",
    "ec2:UnassignPrivateIpAddresses": "Lambda stands in the network",
    "sqs:ReceiveMessage": "Lambda takes messages for the function",
    "sqs:DeleteMessage": "Lambda takes messages for the function",
    "sqs:GetQueueAttributes": "Lambda takes messages for the function",
    "s3:GetObject": "django-storages reads a picture, and asks for its size",
    "s3:PutObject": "django-storages keeps a picture",
    "s3:DeleteObject": "django-storages takes a picture away",
    "s3:ListBucket": "without it a missing picture is forbidden instead of missing",
    "lambda:InvokeFunction": "the gateway calls the function in this role",
}


def called() -> set[str]:
    """Whatever the adapters name: attributes, and texts such as those for getattr() and paginators."""
    found: set[str] = set()
    for path in ADAPTERS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def services() -> set[str]:
    """The services that adapters make a client of."""
    found: set[str] = set()
    for path in ADAPTERS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("client", "create_client"):
                    found.add(str(node.args[0].value))
    return found - {"cognito-idp"}


def allowed() -> set[str]:
    statements = json.loads(POLICY.read_text())["Statement"]
    actions = [each["Action"] for each in statements if each["Effect"] == "Allow"]
    return {action for each in actions for action in ([each] if isinstance(each, str) else each)}


def test_each_service_that_is_asked_is_in_the_list() -> None:
    assert services() == set(RIGHTS)


@pytest.mark.parametrize("service", sorted(RIGHTS))
def test_each_method_that_is_called_is_in_the_list_and_each_of_the_list_is_called(service: str) -> None:
    # Typed by the service's name, which is none of those that mypy knows here.
    made: Any = boto3
    methods = set(made.client(service, "us-east-1").meta.method_to_api_mapping)
    assert methods & called() == set(RIGHTS[service])


def test_what_is_called_is_allowed_and_nothing_else_is() -> None:
    needed = {right for methods in RIGHTS.values() for rights in methods.values() for right in rights}
    given = {action for action in allowed() if not action.startswith("cognito-idp:")}
    assert needed - given == set()
    assert given - needed == set(OTHERS)
