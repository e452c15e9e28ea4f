"""What must hold of every resource of its kind, in whichever stack it is."""

from typing import Any

import pytest

from infra import load
from infra.tests.walking import as_list, every, nodes, resolved

CLOSED = {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
# What holds something that nobody could make again.
KEPT = {
    "AWS::Backup::BackupVault",
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SES::EmailIdentity",
    "AWS::SecretsManager::Secret",
    "AWS::RDS::DBCluster",
}
# A second copy of what another instance holds.
COPIES = {"data.SecondInstance"}
DATABASES = {"postgres": "Instance", "aurora": "Database"}
PARAMETER_GROUPS = {"AWS::RDS::DBClusterParameterGroup", "AWS::RDS::DBParameterGroup"}
# How each kind says that what it keeps is encrypted.
ENCRYPTED: dict[str, tuple[str, ...]] = {
    "AWS::DynamoDB::Table": ("SSESpecification", "SSEEnabled"),
    "AWS::RDS::DBInstance": ("StorageEncrypted",),
    "AWS::S3::Bucket": ("BucketEncryption", "ServerSideEncryptionConfiguration"),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::SQS::Queue": ("SqsManagedSseEnabled",),
}


def tls_only(statement: dict[str, Any]) -> bool:
    refuses = statement["Effect"] == "Deny" and statement["Principal"] == "*"
    return refuses and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}


def policy_statements(type_: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{stack}.{name}", statement)
        for stack, name, made in every(type_)
        for statement in made["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_every_queue_has_dead_letters_that_only_it_may_fill() -> None:
    queues = {made.properties["QueueName"]: made.properties for made in resolved("AWS::SQS::Queue").values()}
    alive = {name for name in queues if not name.endswith("-dead")}
    assert {f"{name}-dead" for name in alive} == set(queues) - alive
    for name in alive:
        arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        assert queues[name]["RedrivePolicy"] == {"deadLetterTargetArn": f"{arn}-dead", "maxReceiveCount": 5}
        dead = queues[f"{name}-dead"]
        assert dead["RedriveAllowPolicy"] == {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}
        # There a message's age goes on counting from when it was sent.
        assert dead["MessageRetentionPeriod"] > queues[name]["MessageRetentionPeriod"]


def test_every_dead_letter_raises_an_alarm() -> None:
    watched = {
        alarm.properties["Dimensions"][0]["Value"]
        for alarm in resolved("AWS::CloudWatch::Alarm").values()
        if alarm.properties.get("MetricName") == "ApproximateNumberOfMessagesVisible"
        and alarm.properties["Threshold"] == 0
        and alarm.properties["ComparisonOperator"] == "GreaterThanThreshold"
    }
    queues = {made.properties["QueueName"] for made in resolved("AWS::SQS::Queue").values()}
    assert watched == {name for name in queues if name.endswith("-dead")}


def test_every_alarm_tells_somebody() -> None:
    alarms = resolved("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    assert len(alarms) >= 3
    for name, alarm in alarms.items():
        assert alarm.properties["AlarmActions"] == ["arn:aws:sns:us-east-1:123456789012:aspireclothes-dev-staff"], name
        assert alarm.properties["AlarmDescription"], name
    # Those too that are made in some stages only.
    for _, name, made in every("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        assert "StaffTopic" in str(made["Properties"]["AlarmActions"]), name


@pytest.mark.parametrize("type_", ENCRYPTED)
def test_what_is_kept_is_encrypted(type_: str) -> None:
    found = resolved(type_)
    assert found
    for name, made in found.items():
        value: Any = made.properties
        for key in ENCRYPTED[type_]:
            value = value.get(key)
        assert value, name


def test_disks_are_encrypted() -> None:
    templates = every("AWS::EC2::LaunchTemplate", "AWS::EC2::Instance", "AWS::EC2::Volume")
    disks = [
        node["Ebs"] for _, _, made in templates for node in nodes(made) if isinstance(node, dict) and "Ebs" in node
    ]
    assert disks
    assert all(disk["Encrypted"] is True for disk in disks)


def test_no_bucket_is_public() -> None:
    for name, made in resolved("AWS::S3::Bucket").items():
        access = made.properties["PublicAccessBlockConfiguration"]
        assert {key for key, value in access.items() if value is True} == CLOSED, name
        assert made.properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}, name
        assert "AccessControl" not in made.properties, name
        assert "WebsiteConfiguration" not in made.properties, name


def test_no_file_of_the_shop_goes_by_its_age() -> None:
    """A picture, a static file that a kept page names, a package to roll back to: each is wanted however old it is."""
    for name, made in resolved("AWS::S3::Bucket").items():
        for rule in made.properties["LifecycleConfiguration"]["Rules"]:
            assert not {"ExpirationInDays", "ExpirationDate"} & set(rule), name
            assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] >= 30, name


def test_nobody_unnamed_may_do_anything_with_bucket_queue_or_topic() -> None:
    for type_ in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for name, statement in policy_statements(type_):
            if statement["Effect"] == "Allow":
                assert set(statement["Principal"]) == {"Service"}, name
                assert statement["Condition"], name


def test_queues_and_topics_are_reached_by_tls_only() -> None:
    for type_, policy, key in (
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ):
        there = {(stack, name) for stack, name, _ in every(type_)}
        guarded = {
            (stack, queue["Ref"])
            for stack, _, made in every(policy)
            for queue in made["Properties"][key]
            if any(tls_only(statement) for statement in made["Properties"]["PolicyDocument"]["Statement"])
        }
        assert guarded == there


def test_data_outlives_its_stack() -> None:
    for stack, name, made in every():
        if made["Type"] in KEPT and f"{stack}.{name}" not in COPIES:
            assert made.get("DeletionPolicy") == made.get("UpdateReplacePolicy") == "Retain", name


def test_tables_can_be_set_back_and_are_not_deleted_by_mistake() -> None:
    for name, made in resolved("AWS::DynamoDB::Table").items():
        assert made.properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}, name
        assert made.properties["DeletionProtectionEnabled"] is True, name
        assert made.properties["BillingMode"] == "PAY_PER_REQUEST", name
        # By the name that the stores write (test_told.py).
        assert made.properties["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}, name


@pytest.mark.parametrize("engine", ["postgres", "aurora"])
def test_the_database_is_private_protected_and_spoken_to_by_tls(engine: str) -> None:
    made = load.resources("data", "dev", given={"Engine": engine})
    database = made[DATABASES[engine]].properties
    assert (database["DeletionProtection"], database["ManageMasterUserPassword"]) == (True, True)
    assert "MasterUserPassword" not in database
    assert database["EngineVersion"] == "18.4" and "postgres" in database["Engine"]
    assert (database["BackupRetentionPeriod"], database["StorageEncrypted"]) == (14, True)
    (group,) = [each for each in made.values() if each.type in PARAMETER_GROUPS]
    assert group.properties["Parameters"]["rds.force_ssl"] == "1"
    # Without it a frozen function's connection would keep Aurora awake, and on the bill.
    assert group.properties["Parameters"]["idle_session_timeout"] == "60000"
    instances = [each["Properties"] for _, _, each in every("AWS::RDS::DBInstance")]
    assert {instance["PubliclyAccessible"] for instance in instances} == {False}


def test_there_is_one_database_whichever_engine_is_asked_for_and_both_tell_the_shop_the_same() -> None:
    both = {engine: load.Stack("data", "dev", "us-east-1", load.ACCOUNT, {"Engine": engine}) for engine in DATABASES}
    kinds = {
        engine: sorted(each.type for each in stack.resources().values() if each.type.startswith("AWS::RDS::DB"))
        for engine, stack in both.items()
    }
    assert kinds["postgres"] == ["AWS::RDS::DBInstance", "AWS::RDS::DBParameterGroup", "AWS::RDS::DBSubnetGroup"]
    assert kinds["aurora"] == [
        *(
            "AWS::RDS::DBCluster",
            "AWS::RDS::DBClusterParameterGroup",
            "AWS::RDS::DBInstance",
            "AWS::RDS::DBSubnetGroup",
        ),
    ]
    assert both["aurora"].resources()["Database"].properties["ServerlessV2ScalingConfiguration"]["MinCapacity"] == 0
    told = [{each.called(name) for name in each.resources() if name.endswith("Setting")} for each in both.values()]
    assert told[0] == told[1] and set(both["postgres"].outputs()) == set(both["aurora"].outputs())
    assert both["postgres"].outputs()["aspireclothes-dev-DatabaseArn"].endswith(":db:aspireclothes-dev")
    assert both["aurora"].outputs()["aspireclothes-dev-DatabaseArn"].endswith(":cluster:aspireclothes-dev")


@pytest.mark.parametrize(("least", "pause"), [("0", 300), ("0.5", None), ("2", None)])
def test_when_to_sleep_is_said_of_a_database_that_may_sleep_alone(least: str, pause: int | None) -> None:
    """RDS: SecondsUntilAutoPause can only be specified when minimum capacity is 0."""
    made = load.resources("data", "dev", given={"Engine": "aurora", "MinimumCapacity": least})
    assert made["Database"].properties["ServerlessV2ScalingConfiguration"].get("SecondsUntilAutoPause") == pause


def test_a_standby_is_a_machine_in_the_other_zone_of_either_engine() -> None:
    instance = load.resources("data", "dev", given={"Reader": "yes"})["Instance"].properties
    assert instance["MultiAZ"] is True
    assert "SecondInstance" in load.resources("data", "dev", given={"Reader": "yes", "Engine": "aurora"})
    assert "SecondInstance" not in load.resources("data", "dev", given={"Reader": "yes"})


def test_nothing_ends_at_the_function_itself() -> None:
    """A deploy by Zappa deletes foreign rules and permissions of its function."""
    types = {made["Type"] for _, _, made in every()}
    assert not types & {"AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping", "AWS::Scheduler::Schedule"}
    arns = [target["Arn"] for rule in resolved("AWS::Events::Rule").values() for target in rule.properties["Targets"]]
    arns += [made.properties["Endpoint"] for made in resolved("AWS::SNS::Subscription").values()]
    assert arns
    assert [arn for arn in arns if ":lambda:" in arn or "function" in arn] == []


def test_refused_traffic_is_written_down_with_all_rights_that_it_takes() -> None:
    (statement,) = resolved("AWS::IAM::Role")["network.FlowLogRole"].properties["Policies"][0]["PolicyDocument"][
        "Statement"
    ]
    needed = {"CreateLogStream", "DescribeLogGroups", "DescribeLogStreams", "PutLogEvents"}
    assert set(statement["Action"]) == {f"logs:{name}" for name in needed}


def test_only_named_ports_are_open_and_none_to_the_world() -> None:
    for name, made in resolved("AWS::EC2::SecurityGroup").items():
        for rule in as_list(made.properties.get("SecurityGroupIngress", [])):
            assert "CidrIp" not in rule, name
            assert rule["SourceSecurityGroupId"], name
