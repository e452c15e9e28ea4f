"""Deploys that are cut off, meet each other, or are refused by AWS in the middle."""

import json
import os
import socket
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError

from deploy import release as releases
from deploy.account import Account
from deploy.history import going_back
from deploy.lock import Holder, key_of
from deploy.tests.deploys import SECOND, THIRD, Deploys
from deploy.tests.stage import records, small_package
from sandbox.cloud import functions

EXPIRED = ClientError({"Error": {"Code": "ExpiredToken", "Message": "The token has expired"}}, "DescribeStacks")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def builds(deploys: Deploys) -> list[str]:
    return [known["build"][0] for known in deploys.account.releases()]


def hold(deploys: Deploys, **changes: Any) -> None:
    """Somebody else's lock on the stage."""
    told = {"run": "theirs", "who": "ann on a", "action": "deploy", "host": "a", "process": 1}
    told |= {"began": datetime.now(UTC).isoformat()} | changes
    deploys.account.put(key_of("dev"), json.dumps(told).encode())


def gone() -> int:
    """The number of a process that has ended."""
    done = subprocess.Popen(["true"])
    done.wait()
    return done.pid


def cut(*arguments: Any, **more: Any) -> None:
    raise KeyboardInterrupt


def test_while_somebody_is_at_a_stage_nobody_else_changes_it(
    deploys: Deploys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    hold(deploys, began="2999-01-01T12:30:00+00:00")
    for action in (["deploy"], ["rollback"], ["undeploy", "--yes"]):
        capsys.readouterr()
        assert deploys(*action, package=small_package(deploys.place, mark="2"), commit=SECOND) == 1
        told = "STOPPED: ann on a began a deploy at 2999-01-01T12:30 (UTC) and is still at it."
        assert told in (out := said(capsys))
        assert f"aws s3 rm s3://{deploys.account.bucket}/releases/dev/running.json" in out
    assert (deploys.live(), builds(deploys)) == ("a" * 12, ["a"])
    assert deploys("deploy", "--dry-run") == 0
    deploys.account.clients["s3"].delete_object(Bucket=deploys.account.bucket, Key=key_of("dev"))
    assert deploys("deploy", package=small_package(deploys.place, mark="2"), commit=SECOND) == 0
    assert deploys.account.get(key_of("dev")) is None


@pytest.mark.parametrize("kind", ["died here", "is old"])
def test_the_lock_of_a_deploy_that_was_killed_is_taken_over(
    deploys: Deploys, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    old = (datetime.now(UTC) - timedelta(minutes=61)).isoformat()
    hold(deploys, **({"host": socket.gethostname(), "process": gone()} if kind == "died here" else {"began": old}))
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    assert "The deploy that ann on a began at" in said(capsys)
    assert deploys.account.get(key_of("dev")) is None


def test_the_lock_of_one_that_runs_here_or_that_nobody_can_read_is_left(deploys: Deploys) -> None:
    hold(deploys, host=socket.gethostname(), process=os.getppid())
    assert deploys("deploy", package=small_package(deploys.place)) == 1
    deploys.account.put(key_of("dev"), b"by hand")
    assert deploys("deploy", package=small_package(deploys.place)) == 1
    assert deploys.live() == ""
    deploys.account.clients["s3"].delete_object(Bucket=deploys.account.bucket, Key=key_of("dev"))


def test_a_lock_that_was_taken_over_is_not_given_back_by_the_one_who_lost_it(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "put_live", lambda release, target: hold(deploys))
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    kept = deploys.account.get(key_of("dev"))
    assert kept and Holder(**json.loads(kept)).who == "ann on a"
    deploys.account.clients["s3"].delete_object(Bucket=deploys.account.bucket, Key=key_of("dev"))


def test_a_gateway_that_cannot_be_asked_for_lets_no_live_function_be_made_anew(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    deleted: list[str] = []

    def refuse(**asked: Any) -> None:
        raise EXPIRED

    with monkeypatch.context() as patch:
        patch.setattr(Account, "delete_function", lambda account, name: deleted.append(name))
        made = Account.__init__

        def without(account: Account, *given: Any) -> None:
            made(account, *given)
            account.clients["cloudformation"].describe_stacks = refuse

        patch.setattr(Account, "__init__", without)
        assert deploys("deploy", package=small_package(deploys.place, mark="2"), commit=SECOND) == 1
    assert "STOPPED: AWS does not do it: An error occurred (ExpiredToken)" in said(capsys)
    assert (deleted, deploys.live()) == ([], "a" * 12)


@pytest.mark.parametrize(
    ("status", "there"),
    [("UPDATE_ROLLBACK_COMPLETE", True), ("UPDATE_IN_PROGRESS", True), ("ROLLBACK_COMPLETE", False)],
)
def test_a_gateway_whose_update_failed_serves_as_before(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, status: str, there: bool
) -> None:
    told = {"Stacks": [{"StackStatus": status}]}
    monkeypatch.setattr(deploys.account.clients["cloudformation"], "describe_stacks", lambda **asked: told)
    assert deploys.account.has_gateway() is there


def test_when_aws_refuses_after_the_switch_the_former_release_comes_back(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0

    def refuse(release: releases.Release, account: Account) -> Any:
        if release.build == "b" * 12 and "Rolling back to build aaaaaaaaaaaa" not in release.log:
            raise EXPIRED
        return shop_at(release, account)

    shop_at = releases.shop_at
    monkeypatch.setattr(releases, "shop_at", refuse)
    assert deploys("deploy", package=small_package(deploys.place, mark="2"), commit=SECOND) == 1
    assert "STOPPED: build bbbbbbbbbbbb is not live: An error occurred (ExpiredToken)" in said(capsys)
    assert deploys.live() == "a" * 12


def test_an_upload_that_breaks_off_is_said_and_goes_on_with_the_same_words(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = small_package(deploys.place)

    def broken(account: Account, package: Path) -> str:
        raise S3UploadFailedError("Failed to upload: Connection was closed")

    with monkeypatch.context() as patch:
        patch.setattr(Account, "upload", broken)
        assert deploys("deploy", package=package) == 1
    assert "STOPPED: AWS does not do it: Failed to upload: Connection was closed" in said(capsys)
    assert (deploys.live(), deploys.account.get(key_of("dev"))) == ("", None)
    assert deploys("deploy", package=package) == 0


def test_the_same_build_takes_what_a_stack_has_told_since(deploys: Deploys) -> None:
    package = small_package(deploys.place)
    assert deploys("deploy", package=package) == 0
    ssm = functions.client("ssm")
    ssm.put_parameter(Name="/aspireclothes/dev/DATABASE_HOST", Value="restored", Type="String", Overwrite=True)
    assert deploys("deploy", package=package) == 0
    live = deploys.account.live()
    assert live and live["Environment"]["Variables"]["DATABASE_HOST"] == "restored"


def test_a_release_that_is_live_and_not_written_down_yet_is_rolled_back_to_the_last_one(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mark, commit in (("1", "a" * 40), ("2", SECOND)):
        assert deploys("deploy", package=small_package(deploys.place, mark=mark), commit=commit) == 0
    with monkeypatch.context() as patch:
        patch.setattr(releases, "finish", cut)
        assert deploys("deploy", package=small_package(deploys.place, mark="3"), commit=THIRD) == 130
    assert (deploys.live(), builds(deploys)) == ("c" * 12, ["a", "b"])
    assert deploys("rollback") == 0
    assert (deploys.live(), builds(deploys)) == ("b" * 12, ["a", "b"])
    assert deploys("rollback") == 0
    assert (deploys.live(), builds(deploys)) == ("a" * 12, ["a"])


def test_a_roll_back_that_was_cut_off_is_gone_on_with_and_goes_back_once(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mark, commit in (("1", "a" * 40), ("2", SECOND), ("3", THIRD)):
        assert deploys("deploy", package=small_package(deploys.place, mark=mark), commit=commit) == 0
    for step in ("smoke_test", "forget_pages"):
        with monkeypatch.context() as patch:
            patch.setattr(releases, step, cut)
            assert deploys("rollback") == 130
    assert deploys("rollback") == 0
    assert (deploys.live(), builds(deploys)) == ("b" * 12, ["a", "b"])
    assert [told["build"][0] for told in records(deploys.place)] == ["a", "b", "c", "b"]


def test_a_live_build_whose_second_deploy_fails_is_no_longer_said_to_be_live(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mark, commit in (("1", "a" * 40), ("2", SECOND)):
        assert deploys("deploy", package=small_package(deploys.place, mark=mark), commit=commit) == 0
    assert deploys("deploy", package=small_package(deploys.place, ready=False)) == 1
    assert (deploys.live(), builds(deploys)) == ("a" * 12, ["a"])


def test_nothing_that_is_deployed_nowhere_is_rolled_back(deploys: Deploys, capsys: pytest.CaptureFixture[str]) -> None:
    for mark, commit in (("1", "a" * 40), ("2", SECOND)):
        assert deploys("deploy", package=small_package(deploys.place, mark=mark), commit=commit) == 0
    assert deploys("undeploy", "--yes") == 0
    assert deploys("rollback") == 1
    assert "STOPPED: nothing is deployed on dev" in said(capsys)


@pytest.mark.parametrize("wrong", ["another Python's", "other static files", "no zip", "not there"])
def test_a_package_of_another_make_is_refused_before_anything_is_changed(
    deploys: Deploys, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    package = small_package(deploys.place)
    with zipfile.ZipFile(package, "a") as packed:
        if wrong == "another Python's":
            packed.writestr("django/__init__.pyc", b"\xcb\x0d\x0d\x0b" + bytes(12))
        if wrong == "other static files":
            packed.writestr("staticroot/staticfiles.json", json.dumps({"paths": {"a.css": "a.9999.css"}}))
    if wrong == "no zip":
        package.write_bytes(b"<html>")
    if wrong == "not there":
        package = Path("nowhere.zip")
    assert deploys("deploy", package=package) == 1
    words = {"another Python's": "built by another Python", "other static files": "of other static files"}
    assert f"STOPPED: the package is {words.get(wrong, 'no zip')}" in said(capsys)
    bucket = deploys.account.clients["s3"].list_objects_v2(Bucket=deploys.account.bucket)
    assert ("Contents" in bucket, deploys.live()) == (False, "")


def test_two_builds_of_one_package_are_told_apart_by_their_settings() -> None:
    same, other = {"package": "packages/00ff.zip"}, {"package": "packages/11ee.zip"}
    first, second, third = ({**package, "build": build} for package, build in ((same, "1"), (same, "2"), (other, "3")))
    live = {"CodeSha256": "AP8=", "Environment": {"Variables": {"BUILD_ID": "2"}}}
    assert going_back([first, second], live) == first
    assert going_back([first], live | {"Environment": {"Variables": {"BUILD_ID": "1"}}}) is None
    assert going_back([first, second, third], live) == second
    assert going_back([], live) is None
