"""Restoring Aurora's backups: against moto, and its refusals against botocore's Stubber."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.stub import Stubber
from django.db import connection

from shop.adapters import aurora, aws
from shop.adapters.aurora import Clusters
from shop.adapters.copies import PREFIX, CopyError
from shop.operations.drills import drop_leftovers

pytestmark = pytest.mark.django_db


@pytest.fixture
def name(cloud: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A shop's cluster of this test's own, and the name of a copy of it."""
    settings.STAGE = f"s{uuid4().hex[:8]}"
    made = boto3.client("rds", endpoint_url=cloud).create_db_cluster(
        DBClusterIdentifier=f"shop-{settings.STAGE}",
        Engine="aurora-postgresql",
        MasterUsername="shop",
        MasterUserPassword="a-long-secret",
        DeletionProtection=True,
    )["DBCluster"]
    monkeypatch.setitem(connection.settings_dict, "HOST", made["Endpoint"])
    return f"{PREFIX}{uuid4().hex[:12]}"


def test_the_newest_moment_is_restored_step_by_step_asked_with_a_password_of_its_own_and_dropped(name: str) -> None:
    copies, rds = Clusters(), aws.client("rds")
    source = copies.begin(name)
    assert source.name.startswith("shop-s")
    assert source.as_of.tzinfo is not None
    assert copies.begin(name).name == source.name
    assert copies.left() == [name]
    assert copies.ready(name) is None
    there = copies.ready(name)
    assert there is not None
    (made,) = rds.describe_db_clusters(DBClusterIdentifier=aurora.full_name(name))["DBClusters"]
    assert there == {"HOST": made["Endpoint"], "USER": "shop", "PASSWORD": aurora.own_password(name)}
    assert (made["DeletionProtection"], made["ServerlessV2ScalingConfiguration"]["MinCapacity"]) == (False, 0.0)
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=aurora.full_name(name))["DBInstances"]
    assert (instance["DBInstanceClass"], instance["PubliclyAccessible"]) == ("db.serverless", False)
    assert copies.drop(name) is True
    assert copies.left() == []
    assert copies.drop(name) is True
    with pytest.raises(CopyError, match="is gone"):
        copies.ready(name)


def test_another_stages_copies_are_none_of_ours(name: str, settings: Any) -> None:
    Clusters().begin(name)
    own, settings.STAGE = settings.STAGE, "another"
    assert Clusters().left() == []
    settings.STAGE = own
    assert Clusters().drop(name) is True


def test_a_copy_of_an_interrupted_drill_is_found_and_deleted_with_its_instance(name: str) -> None:
    Clusters().begin(name)
    Clusters().ready(name)
    said: list[str] = []
    drop_leftovers(Clusters(), None, said.append)
    assert said == [f"Dropping {name}, which an earlier drill left behind"]
    assert Clusters().left() == []


def test_a_shop_whose_cluster_is_not_found_says_which_address_was_looked_for(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "db.example.org")
    with pytest.raises(CopyError, match=r"no cluster of this account has the address db\.example\.org"):
        Clusters().begin(name)
    assert Clusters().left() == []


def test_only_scratch_clusters_are_ever_deleted(name: str) -> None:
    with pytest.raises(ValueError, match="is no scratch cluster"):
        Clusters().drop("shop")


@pytest.fixture
def stub(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of RDS that answers as told, and fails for any other call."""
    settings.STAGE = "dev"
    rds = boto3.client("rds", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    monkeypatch.setattr(aurora, "client", lambda service: rds)
    with Stubber(rds) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def clusters(status: str, **fields: Any) -> dict[str, Any]:
    return {"DBClusters": [{"DBClusterIdentifier": "c", "Status": status, "Engine": "aurora-postgresql", **fields}]}


def test_a_copy_is_waited_for_as_long_as_cluster_or_instance_are_being_made(stub: Any) -> None:
    stub.add_response("describe_db_clusters", clusters("creating"))
    assert Clusters().ready(f"{PREFIX}1") is None
    members = [{"DBInstanceIdentifier": "i"}]
    stub.add_response("describe_db_clusters", clusters("available", DBClusterMembers=members))
    stub.add_response("describe_db_instances", {"DBInstances": [{"DBInstanceStatus": "creating"}]})
    assert Clusters().ready(f"{PREFIX}1") is None


def test_a_cluster_that_cannot_be_deleted_now_is_said_to_be_there_still(stub: Any) -> None:
    stub.add_client_error("delete_db_instance", "InvalidDBInstanceState")
    stub.add_client_error("delete_db_cluster", "InvalidDBClusterStateFault")
    assert Clusters().drop(f"{PREFIX}1") is False


def test_a_copy_that_is_being_deleted_needs_nobody(stub: Any) -> None:
    stub.add_response("describe_db_clusters", clusters("deleting") | {})
    assert Clusters().left() == []


def test_what_aws_refuses_goes_up_in_its_words(stub: Any) -> None:
    stub.add_client_error("describe_db_clusters", "AccessDenied", "not you")
    with pytest.raises(Exception, match="not you"):
        Clusters().left()


def test_a_copy_that_was_asked_for_before_is_not_asked_for_again(stub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", "h")
    reach = datetime(2026, 3, 1, tzinfo=UTC)
    fields = {"Endpoint": "h", "DBSubnetGroup": "g", "VpcSecurityGroups": [], "LatestRestorableTime": reach}
    stub.add_response("describe_db_clusters", clusters("available", **fields))
    stub.add_response("describe_db_clusters", clusters("creating"))
    source = Clusters().begin(f"{PREFIX}1")
    assert (source.name, source.as_of) == ("c", reach)
