"""Restoring RDS's backups: against moto, and its refusals against botocore's Stubber."""

from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.stub import Stubber
from django.db import connection

from shop.adapters import aws, rds
from shop.adapters.aurora import full_name, own_password
from shop.adapters.copies import PREFIX, CopyError
from shop.adapters.rds import Instances
from shop.operations.drills import drop_leftovers

pytestmark = pytest.mark.django_db


@pytest.fixture
def name(cloud: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A shop's instance of this test's own, and the name of a copy of it."""
    settings.STAGE = f"s{uuid4().hex[:8]}"
    account: dict[str, Any] = {"endpoint_url": cloud, "region_name": "us-east-1"}
    ec2, made = boto3.client("ec2", **account), boto3.client("rds", **account)
    zone = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    made.create_db_subnet_group(DBSubnetGroupName=settings.STAGE, DBSubnetGroupDescription="closed", SubnetIds=[zone])
    shop = made.create_db_instance(
        DBInstanceIdentifier=f"shop-{settings.STAGE}",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="shop",
        MasterUserPassword="a-long-secret",
        DBSubnetGroupName=settings.STAGE,
        AllocatedStorage=20,
    )["DBInstance"]
    monkeypatch.setitem(connection.settings_dict, "HOST", shop["Endpoint"]["Address"])
    return f"{PREFIX}{uuid4().hex[:12]}"


def test_a_copy_that_is_left_is_found_and_deleted_and_other_stages_are_none_of_ours(name: str, settings: Any) -> None:
    source = Instances().begin(name)
    assert source.name == f"shop-{settings.STAGE}" and source.as_of.tzinfo is not None
    assert Instances().begin(name).name == source.name
    (made,) = aws.client("rds").describe_db_instances(DBInstanceIdentifier=full_name(name))["DBInstances"]
    assert made["DBInstanceClass"] == "db.t4g.micro" and not made.get("PubliclyAccessible")
    own, settings.STAGE = settings.STAGE, "another"
    assert Instances().left() == []
    settings.STAGE = own
    said: list[str] = []
    drop_leftovers(Instances(), None, said.append)
    assert said == [f"Dropping {name}, which an earlier drill left behind"]
    assert Instances().left() == [] and Instances().drop(name) is True
    with pytest.raises(CopyError, match="is gone"):
        Instances().ready(name)


def test_a_shop_whose_instance_is_not_found_says_which_address_was_looked_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "db.example.org")
    with pytest.raises(CopyError, match=r"no instance of this account has the address db\.example\.org"):
        Instances().begin(name)
    assert Instances().left() == []


def test_only_scratch_instances_are_ever_deleted(name: str) -> None:
    with pytest.raises(ValueError, match="is no scratch instance"):
        Instances().drop("shop")


@pytest.fixture
def stub(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of RDS that answers as told, and fails for any other call."""
    settings.STAGE = "dev"
    made = boto3.client("rds", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(rds, "client", lambda service: made)
    with Stubber(made) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def instances(status: str, **fields: Any) -> dict[str, Any]:
    known = {"DBInstanceIdentifier": "c", "DBInstanceArn": "arn:c", "MasterUsername": "shop"}
    return {"DBInstances": [{**known, "DBInstanceStatus": status, "Endpoint": {"Address": "h"}, **fields}]}


def test_a_copy_gets_a_password_of_its_own_before_it_is_asked(stub: Any) -> None:
    name = f"{PREFIX}1"
    stub.add_response("describe_db_instances", instances("creating"))
    assert Instances().ready(name) is None
    stub.add_response("describe_db_instances", instances("available"))
    change = {"DBInstanceIdentifier": full_name(name), "MasterUserPassword": own_password(name)}
    stub.add_response("modify_db_instance", {}, change | {"ApplyImmediately": True})
    stub.add_response("add_tags_to_resource", {}, {"ResourceName": "arn:c", "Tags": [rds.READY]})
    assert Instances().ready(name) is None
    tags = [rds.READY]
    pending = {"MasterUserPassword": "****"}
    stub.add_response("describe_db_instances", instances("available", TagList=tags, PendingModifiedValues=pending))
    assert Instances().ready(name) is None
    stub.add_response("describe_db_instances", instances("resetting-master-credentials", TagList=tags))
    assert Instances().ready(name) is None
    stub.add_response("describe_db_instances", instances("available", TagList=tags))
    assert Instances().ready(name) == {"HOST": "h", "USER": "shop", "PASSWORD": own_password(name)}


def test_a_copy_that_cannot_be_deleted_now_is_said_to_be_there_still(stub: Any) -> None:
    stub.add_client_error("delete_db_instance", "InvalidDBInstanceState")
    assert Instances().drop(f"{PREFIX}1") is False


def test_what_aws_refuses_goes_up_in_its_words(stub: Any) -> None:
    stub.add_client_error("describe_db_instances", "AccessDenied", "not you")
    with pytest.raises(Exception, match="not you"):
        Instances().left()
