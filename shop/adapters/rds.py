"""Copies of the database from RDS's own backups: an instance restored beside the shop's, asked, and deleted."""

from typing import Any

from django.db import connection

from shop.adapters.aurora import full_name, own_password, short_name
from shop.adapters.aws import client
from shop.adapters.copies import PREFIX, CopyError, Source
from shop.adapters.network import refuse_inside_transaction

# On a copy that has got its own password.
READY = {"Key": "password", "Value": "own"}


class Instances:
    """Restores the newest moment that RDS's backups hold; the copy is as small and as closed as the shop's instance."""

    def begin(self, name: str) -> Source:
        refuse_inside_transaction()
        rds, shop = client("rds"), _shops_instance()
        # An earlier step may have asked for it and been cut off before it could write that down.
        if _instance(full_name(name)) is None:
            rds.restore_db_instance_to_point_in_time(
                SourceDBInstanceIdentifier=shop["DBInstanceIdentifier"],
                TargetDBInstanceIdentifier=full_name(name),
                UseLatestRestorableTime=True,
                DBInstanceClass=shop["DBInstanceClass"],
                DBSubnetGroupName=shop["DBSubnetGroup"]["DBSubnetGroupName"],
                VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in shop["VpcSecurityGroups"]],
                MultiAZ=False,
                PubliclyAccessible=False,
                DeletionProtection=False,
                Tags=[{"Key": "purpose", "Value": "restore drill"}],
            )
        return Source(shop["DBInstanceIdentifier"], shop["LatestRestorableTime"])

    def ready(self, name: str) -> dict[str, Any] | None:
        refuse_inside_transaction()
        rds, copy = client("rds"), _instance(full_name(name))
        if copy is None:
            raise CopyError(f"the instance {full_name(name)} is gone")
        if copy["DBInstanceStatus"] != "available" or copy.get("PendingModifiedValues", {}).get("MasterUserPassword"):
            return None
        if READY not in copy.get("TagList", []):
            rds.modify_db_instance(
                DBInstanceIdentifier=full_name(name), MasterUserPassword=own_password(name), ApplyImmediately=True
            )
            rds.add_tags_to_resource(ResourceName=copy["DBInstanceArn"], Tags=[READY])
            return None
        host = copy["Endpoint"]["Address"]
        return {"HOST": host, "USER": copy["MasterUsername"], "PASSWORD": own_password(name)}

    def drop(self, name: str) -> bool:
        if not name.startswith(PREFIX):
            raise ValueError(f"{name} is no scratch instance")
        refuse_inside_transaction()
        rds = client("rds")
        try:
            rds.delete_db_instance(
                DBInstanceIdentifier=full_name(name), SkipFinalSnapshot=True, DeleteAutomatedBackups=True
            )
        except rds.exceptions.InvalidDBInstanceStateFault:
            # It is being made, or deleted already.
            return False
        except rds.exceptions.DBInstanceNotFoundFault:
            pass
        return True

    def left(self) -> list[str]:
        there = [each for each in _instances() if each["DBInstanceStatus"] != "deleting"]
        names = [each["DBInstanceIdentifier"] for each in there]
        return sorted(short_name(name) for name in names if name.startswith(full_name(PREFIX)))


def _instances() -> list[Any]:
    pages = client("rds").get_paginator("describe_db_instances").paginate()
    return [instance for page in pages for instance in page["DBInstances"]]


def _instance(identifier: str) -> Any:
    """What RDS says of it; None where there is none."""
    rds = client("rds")
    try:
        return rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    except rds.exceptions.DBInstanceNotFoundFault:
        return None


def _shops_instance() -> Any:
    """The instance that the shop asks, found by its address. Raises CopyError."""
    host = connection.settings_dict["HOST"]
    for instance in _instances():
        if instance.get("Endpoint", {}).get("Address") == host:
            return instance
    raise CopyError(f"no instance of this account has the address {host or 'of the database'}")
