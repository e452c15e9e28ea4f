"""Copies of the database from Aurora's own backups: a cluster restored beside the shop's, asked, and deleted."""

import contextlib
import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import connection

from shop.adapters.aws import client
from shop.adapters.copies import PREFIX, CopyError, Source
from shop.adapters.network import refuse_inside_transaction

# Enough to ask a copy once; it sleeps while nobody does.
CAPACITY = {"MinCapacity": 0.0, "MaxCapacity": 4.0, "SecondsUntilAutoPause": 300}


class Clusters:
    """Restores the newest moment that Aurora's backups hold, by its own means: a whole copy, no clone.

    A restored cluster has the shop's former password, which nobody knows once it was changed: it gets one of its own.
    """

    def begin(self, name: str) -> Source:
        refuse_inside_transaction()
        rds, shop = client("rds"), _shops_cluster()
        # An earlier step may have asked for it and been cut off before it could write that down.
        if _cluster(full_name(name)) is None:
            rds.restore_db_cluster_to_point_in_time(
                DBClusterIdentifier=full_name(name),
                SourceDBClusterIdentifier=shop["DBClusterIdentifier"],
                RestoreType="full-copy",
                UseLatestRestorableTime=True,
                DBSubnetGroupName=shop["DBSubnetGroup"],
                VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in shop["VpcSecurityGroups"]],
                ServerlessV2ScalingConfiguration=CAPACITY,
                DeletionProtection=False,
                Tags=[{"Key": "purpose", "Value": "restore drill"}],
            )
        return Source(shop["DBClusterIdentifier"], shop["LatestRestorableTime"])

    def ready(self, name: str) -> dict[str, Any] | None:
        refuse_inside_transaction()
        rds, cluster = client("rds"), _cluster(full_name(name))
        if cluster is None:
            raise CopyError(f"the cluster {full_name(name)} is gone")
        if cluster["Status"] != "available":
            return None
        if not cluster["DBClusterMembers"]:
            rds.modify_db_cluster(
                DBClusterIdentifier=full_name(name), MasterUserPassword=own_password(name), ApplyImmediately=True
            )
            rds.create_db_instance(
                DBInstanceIdentifier=full_name(name),
                DBClusterIdentifier=full_name(name),
                DBInstanceClass="db.serverless",
                Engine=cluster["Engine"],
                PubliclyAccessible=False,
            )
            return None
        (instance,) = rds.describe_db_instances(DBInstanceIdentifier=full_name(name))["DBInstances"]
        if instance["DBInstanceStatus"] != "available":
            return None
        return {"HOST": cluster["Endpoint"], "USER": cluster["MasterUsername"], "PASSWORD": own_password(name)}

    def drop(self, name: str) -> bool:
        if not name.startswith(PREFIX):
            raise ValueError(f"{name} is no scratch cluster")
        refuse_inside_transaction()
        rds, full = client("rds"), full_name(name)
        gone = rds.exceptions.DBInstanceNotFoundFault, rds.exceptions.InvalidDBInstanceStateFault
        with contextlib.suppress(*gone):
            # There may be none yet, or it is being deleted; one that is being made keeps its cluster for now.
            rds.delete_db_instance(DBInstanceIdentifier=full, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
        try:
            rds.delete_db_cluster(DBClusterIdentifier=full, SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
        except rds.exceptions.InvalidDBClusterStateFault:
            return False
        except rds.exceptions.DBClusterNotFoundFault:
            pass
        return True

    def left(self) -> list[str]:
        begin = full_name(PREFIX)
        pages = client("rds").get_paginator("describe_db_clusters").paginate()
        there = [cluster for page in pages for cluster in page["DBClusters"] if cluster["Status"] != "deleting"]
        names = [cluster["DBClusterIdentifier"] for cluster in there]
        return sorted(short_name(name) for name in names if name.startswith(begin))


def full_name(name: str) -> str:
    """Its name in the account, where other stages drill as well."""
    return f"aspireclothes-{settings.STAGE}-{name}"


def short_name(full: str) -> str:
    return full.removeprefix(full_name(""))


def own_password(name: str) -> str:
    """The copy's own, made anew from its name by each step, so that it is kept nowhere."""
    return hmac.new(settings.SECRET_KEY.encode(), full_name(name).encode(), hashlib.sha256).hexdigest()


def _cluster(identifier: str) -> Any:
    """What RDS says of it; None where there is none."""
    rds = client("rds")
    try:
        return rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"][0]
    except rds.exceptions.DBClusterNotFoundFault:
        return None


def _shops_cluster() -> Any:
    """The cluster that the shop asks, found by its address. Raises CopyError."""
    host = connection.settings_dict["HOST"]
    for page in client("rds").get_paginator("describe_db_clusters").paginate():
        for cluster in page["DBClusters"]:
            if cluster["Endpoint"] == host:
                return cluster
    raise CopyError(f"no cluster of this account has the address {host or 'of the database'}")
