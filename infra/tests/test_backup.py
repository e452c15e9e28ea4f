"""Each night database and pictures are copied, also to another region, and somebody hears when that fails."""

import json
import re
from uuid import uuid4

import pytest

from infra import load
from shop.adapters.aws import client

# What PutBackupVaultNotifications takes.
KNOWN = {
    *("BACKUP_JOB_STARTED", "BACKUP_JOB_COMPLETED", "COPY_JOB_STARTED", "COPY_JOB_SUCCESSFUL", "COPY_JOB_FAILED"),
    *("RESTORE_JOB_STARTED", "RESTORE_JOB_COMPLETED", "RECOVERY_POINT_MODIFIED"),
    *("S3_BACKUP_OBJECT_FAILED", "S3_RESTORE_OBJECT_FAILED"),
}
LATER = {"CopyRegion": "eu-west-1"}


def test_each_night_a_copy_is_kept_here_and_another_in_the_second_region() -> None:
    made = load.resources("backup", "dev", given=LATER)
    (rule,) = made["Plan"].properties["BackupPlan"]["BackupPlanRule"]
    (copy,) = rule["CopyActions"]
    vault = load.resources("vault", "dev", region="eu-west-1")["Copies"].properties["BackupVaultName"]
    assert copy["DestinationBackupVaultArn"] == f"arn:aws:backup:eu-west-1:123456789012:backup-vault:{vault}"
    assert (rule["Lifecycle"], copy["Lifecycle"]) == ({"DeleteAfterDays": 35}, {"DeleteAfterDays": 14})
    assert rule["ScheduleExpression"] == "cron(0 5 * * ? *)"


@pytest.mark.parametrize(("engine", "name"), [("postgres", "Instance"), ("aurora", "Database")])
def test_no_backup_begins_while_the_database_is_busy_with_itself_or_in_the_hour_before(engine: str, name: str) -> None:
    """AWS Backup's guide: RDS refuses it in the windows of maintenance and of its own backups. In minutes of a day."""
    (rule,) = load.resources("backup", "dev")["Plan"].properties["BackupPlan"]["BackupPlanRule"]
    minute, hour = rule["ScheduleExpression"].removeprefix("cron(").split()[:2]
    first = int(hour) * 60 + int(minute)
    last = first + rule["StartWindowMinutes"]
    database = load.resources("data", "dev", given={"Engine": engine})[name].properties
    for window in (database["PreferredBackupWindow"], database["PreferredMaintenanceWindow"]):
        begins, ends = (int(at[:2]) * 60 + int(at[3:]) for at in re.findall(r"\d\d:\d\d", window))
        assert last < begins - 60 or first > ends, window


def test_it_copies_what_cannot_be_made_again() -> None:
    chosen = load.resources("backup", "dev", given=LATER)["Selection"].properties["BackupSelection"]["Resources"]
    database, pictures = chosen
    assert database == "arn:aws:rds:us-east-1:123456789012:db:aspireclothes-dev"
    assert pictures == "arn:aws:s3:::aspireclothes-dev-media-123456789012-us-east-1"


def test_the_vault_tells_of_events_that_there_are() -> None:
    """It refuses others: of backups that failed it tells as of completed ones, with another state."""
    told = load.resources("backup", "dev", given=LATER)["Vault"].properties["Notifications"]
    assert told["SNSTopicArn"] == "arn:aws:sns:us-east-1:123456789012:aspireclothes-dev-backups"
    assert {"BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED"} <= set(told["BackupVaultEvents"]) <= KNOWN


@pytest.mark.parametrize(("state", "arrives"), [("COMPLETED", False), ("FAILED", True), ("EXPIRED", True)])
def test_the_staff_get_a_mail_of_what_failed_alone(cloud: str, state: str, arrives: bool) -> None:
    stack = load.resources("messaging", "dev", given={"StaffEmail": "staff@shop.example"})
    # An alarm has no attributes at all, and what has none passes no filter, whatever that says.
    assert "FilterPolicy" not in stack["StaffByMail"].properties
    wanted = json.dumps(stack["BackupsByMail"].properties["FilterPolicy"])
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name=f"staff-{uuid4()}")["TopicArn"]
    url = sqs.create_queue(QueueName=f"mails-{uuid4()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": wanted})
    about = {"State": {"DataType": "String", "StringValue": state}}
    sns.publish(TopicArn=topic, Message="news", MessageAttributes=about)
    assert ("Messages" in sqs.receive_message(QueueUrl=url)) == arrives


def test_nobody_deletes_a_copy_before_its_week_is_over() -> None:
    for stack, name in (("backup", "Vault"), ("vault", "Copies")):
        assert load.resources(stack, "dev")[name].properties["LockConfiguration"]["MinRetentionDays"] == 7
