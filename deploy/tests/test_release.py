"""A release, against moto, with packages that really run: from the first deploy to none."""

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deploy import account as accounts
from deploy import programs, smoke
from deploy import release as releases
from deploy.account import Account
from deploy.static import put_static
from deploy.tests.deploys import FIRST, SECOND, THIRD, Deploys
from deploy.tests.stage import quick_zappa, records, small_package

CHECK = releases.check_migrations


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_from_the_first_deploy_over_an_update_and_a_rollback_to_none(
    deploys: Deploys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    out = said(capsys)
    assert "live is nothing; this is the deploy of build aaaaaaaaaaaa" in out
    assert "   shop.0003_more" in out
    assert "   2 new, 0 there already" in out
    assert "Build aaaaaaaaaaaa is live on dev." in out
    assert deploys.live() == "a" * 12

    assert deploys("deploy", package=small_package(deploys.place, mark="2"), commit=SECOND) == 0
    out = said(capsys)
    assert "live is aaaaaaaaaaaa; this is the update of build bbbbbbbbbbbb" in out
    assert "   0 new, 2 there already" in out
    assert deploys.live() == "b" * 12

    assert deploys("rollback") == 0
    assert "Build aaaaaaaaaaaa is live again." in said(capsys)
    assert deploys.live() == "a" * 12
    assert deploys("rollback") == 1
    assert "STOPPED: there is no former release to go back to" in said(capsys)

    told = [(each["kind"], each["build"], each["outcome"], each["migrations"]) for each in records(deploys.place)]
    assert told == [
        ("deploy", "a" * 12, "live", ["shop.0003_more"]),
        ("update", "b" * 12, "live", ["shop.0003_more"]),
        ("rollback", "a" * 12, "live", []),
    ]
    assert records(deploys.place)[1]["zip_bytes"] > 100
    assert deploys("undeploy", "--yes") == 0
    assert deploys.live() == ""
    assert "Nothing is deployed" not in said(capsys)
    assert deploys("undeploy", "--yes") == 0
    assert "Nothing is deployed on dev." in said(capsys)


@pytest.mark.parametrize("typed", ["", "production\n", "yes\n"])
def test_a_stage_is_not_undeployed_unless_its_name_is_typed(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    monkeypatch.setitem(releases.ACTIONS, "undeploy", lambda release: pytest.fail("undeployed"))
    assert releases.main(["undeploy", "dev"]) == 1


def test_the_gateway_chooses_what_is_traced(deploys: Deploys) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    stage = deploys.account.clients["apigateway"].get_stage(restApiId=deploys.account.api(), stageName="dev")
    assert stage["tracingEnabled"] is True


@pytest.mark.parametrize("error", [EndpointConnectionError(endpoint_url="x"), ClientError({}, "UpdateStage")])
def test_a_gateway_that_cannot_be_traced_is_no_reason_to_go_back(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def refuse(account: Account) -> None:
        raise error

    monkeypatch.setattr(Account, "trace_at_gateway", refuse)
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    assert "X-Ray is not switched on at the gateway: " in said(capsys)
    assert deploys.live() == "a" * 12


def test_packages_stay_as_long_as_a_roll_back_may_want_them(deploys: Deploys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "KEPT", 2)
    for mark, commit in zip("123", (FIRST, SECOND, THIRD), strict=True):
        assert deploys("deploy", package=small_package(deploys.place, mark=mark), commit=commit) == 0
    assert deploys("deploy", package=small_package(deploys.place, ready=False), commit="d" * 40) == 1
    s3, bucket = deploys.account.clients["s3"], deploys.account.bucket
    there = {found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix="packages/")["Contents"]}
    known = deploys.account.releases()
    assert ([each["build"] for each in known], deploys.live()) == (["b" * 12, "c" * 12], "c" * 12)
    assert there == {each["package"] for each in known}
    assert deploys("rollback") == 0
    assert deploys.live() == "b" * 12


def test_what_fails_its_smoke_test_is_rolled_back_and_told(
    deploys: Deploys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    broken = small_package(deploys.place, ready=False)
    assert deploys("deploy", package=broken, commit=SECOND) == 1
    out = said(capsys)
    assert "FAILED: /readyz answered 503: the database does not answer" in out
    assert "Rolling back to build aaaaaaaaaaaa" in out
    assert "STOPPED: build bbbbbbbbbbbb is not live" in out
    assert deploys.live() == "a" * 12
    smoke.smoke_test(smoke.Shop(deploys.address, "let-me-in"), "a" * 12, print)
    assert [each["outcome"] for each in records(deploys.place)] == ["live", "rolled back"]
    assert [known["build"] for known in deploys.account.releases()] == ["a" * 12]


def test_a_shop_that_still_runs_another_build_does_not_pass(deploys: Deploys) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    with pytest.raises(smoke.SmokeTestFailed, match="/healthz does not name build bbbbbbbbbbbb: ok aaaaaaaaaaaa"):
        smoke.smoke_test(smoke.Shop(deploys.address, "let-me-in"), "b" * 12, print)


def test_after_a_failed_release_the_edge_forgets_what_it_kept_meanwhile(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[tuple[str, str]] = []
    monkeypatch.setattr(
        Account, "forget_pages", lambda account, distribution, run: forgotten.append((distribution, deploys.live()))
    )
    edge = deploys.values["CDN_DISTRIBUTION_ID"]
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    assert deploys("deploy", package=small_package(deploys.place, ready=False), commit=SECOND) == 1
    assert forgotten == [(edge, "a" * 12), (edge, "a" * 12)]


def test_an_update_that_breaks_off_half_way_is_rolled_back(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0

    def half(command: str, stage: str, settings: Path, *more: str) -> None:
        quick_zappa(command, stage, settings, *more)
        if deploys.live() == "b" * 12:
            raise programs.Stopped("zappa update failed")

    monkeypatch.setattr(releases, "zappa", half)
    assert deploys("deploy", package=small_package(deploys.place, mark="2"), commit=SECOND) == 1
    out = said(capsys)
    assert "FAILED: zappa update failed" in out
    assert "STOPPED: build bbbbbbbbbbbb is not live: zappa update failed" in out
    assert deploys.live() == "a" * 12
    assert [each["outcome"] for each in records(deploys.place)] == ["live", "rolled back"]


def test_a_first_deploy_that_breaks_off_has_nothing_to_go_back_to(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(command: str, stage: str, settings: Path, *more: str) -> None:
        raise programs.Stopped(f"zappa {command} failed")

    with monkeypatch.context() as patch:
        patch.setattr(releases, "zappa", broken)
        assert deploys("deploy", package=small_package(deploys.place)) == 1
    out = said(capsys)
    assert "STOPPED: zappa deploy failed" in out
    assert "Rolling back" not in out


def test_a_failed_migration_changes_nothing_for_visitors(deploys: Deploys, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploys("deploy", package=small_package(deploys.place)) == 0
    assert deploys("deploy", package=small_package(deploys.place, migrates=False), commit=SECOND) == 1
    out = said(capsys)
    assert "STOPPED: the migration failed, and the former version serves as before:\ncolumn exists already" in out
    assert "6. Switching" not in out.partition("build bbbbbbbbbbbb")[2]
    assert deploys.live() == "a" * 12
    told = records(deploys.place)
    assert [each["outcome"] for each in told] == ["live", "failed"]
    assert "column exists already" in told[1]["log"]
    names = [each["FunctionName"] for each in deploys.account.functions.list_functions()["Functions"]]
    assert "aspireclothes-dev-migrate" not in names


CUTS = ("put_static", "migrate", "switch", "smoke_test", "finish")


def test_a_deploy_that_was_cut_off_anywhere_goes_on_with_the_same_words(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = small_package(deploys.place)

    def cut(*arguments: Any, **more: Any) -> None:
        raise KeyboardInterrupt

    for step in CUTS:
        with monkeypatch.context() as patch:
            patch.setattr(releases, step, cut)
            assert deploys("deploy", package=package) == 130
    assert "INTERRUPTED. Deploy again: what was done is found." in said(capsys)
    assert deploys("deploy", package=package) == 0
    out = said(capsys)
    assert "6. The function runs this build already" in out
    assert [each["outcome"] for each in records(deploys.place)] == ["live"]
    deploys.account.functions.create_function(
        FunctionName="aspireclothes-dev-migrate",
        Runtime="python3.11",
        Role="arn:aws:iam::123456789012:role/aspireclothes-dev-ZappaLambdaExecutionRole",
        Handler="a.b",
        Code={"S3Bucket": deploys.account.bucket, "S3Key": deploys.account.releases()[0]["package"]},
    )
    assert deploys("deploy", package=package) == 0


def test_a_first_deploy_that_was_cut_off_before_its_gateway_is_begun_anew(
    deploys: Deploys, capsys: pytest.CaptureFixture[str]
) -> None:
    package = small_package(deploys.place)
    assert deploys("deploy", package=package) == 0
    deploys.account.clients["cloudformation"].delete_stack(StackName="aspireclothes-dev")
    assert deploys("deploy", package=package) == 0
    assert "An earlier first deploy was cut off: its function is made anew" in said(capsys)
    assert deploys.account.has_gateway()


def test_a_tree_with_changes_or_with_unsafe_migrations_is_refused_before_anything_is_done(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploys.changed = " M shop/models.py"
    assert deploys("deploy", package=small_package(deploys.place)) == 1
    assert "STOPPED: the tree has changes that are not committed:\n M shop/models.py" in said(capsys)
    deploys.changed = ""
    monkeypatch.setattr(releases, "check_migrations", CHECK)
    bad = subprocess.CompletedProcess("", 1, "", "shop 0003_drop: DROPPING columns\n")
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", lambda *arguments, **more: bad)
        assert deploys("deploy", package=small_package(deploys.place)) == 1
    out = said(capsys)
    assert "STOPPED: the migrations are not safe:\nshop 0003_drop: DROPPING columns" in out
    assert "2. dev" not in out
    assert deploys.live() == ""


def test_a_tree_that_is_no_clone_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(programs, "ROOT", tmp_path)
    assert releases.main(["deploy", "dev"]) == 1
    assert said(capsys).startswith("STOPPED: a release is of a commit, and git does not tell which: fatal: not a git")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert releases.main(["rollback", "dev"]) == 1
    assert "No such file or directory: 'git'" in said(capsys)


def test_a_dry_run_looks_and_changes_nothing(deploys: Deploys, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploys("deploy", "--dry-run", package=small_package(deploys.place)) == 0
    assert "this is the deploy of build aaaaaaaaaaaa\nNothing was changed (--dry-run)." in said(capsys)
    assert deploys.live() == ""
    bucket = deploys.account.clients["s3"].list_objects_v2(Bucket=deploys.values["STATIC_BUCKET"])
    assert "Contents" not in bucket


def test_without_a_former_release_a_failed_smoke_test_says_that_there_is_none(
    deploys: Deploys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploys("deploy", package=small_package(deploys.place, ready=False)) == 1
    assert "There is no former release to go back to. Correct it and deploy again." in said(capsys)
    assert deploys("deploy", package=small_package(deploys.place), commit=SECOND) == 0


def test_static_files_are_put_by_their_hashed_names_for_ever(deploys: Deploys) -> None:
    s3, bucket = deploys.account.clients["s3"], deploys.values["STATIC_BUCKET"]
    assert put_static(s3, bucket, deploys.place / "static") == (2, 0)
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["static/a.1234.css", "static/b.5678.svg"]
    head = s3.head_object(Bucket=bucket, Key="static/a.1234.css")
    assert head["ContentType"] == "text/css; charset=utf-8"
    assert head["CacheControl"] == "public, max-age=31536000, immutable"


def test_without_static_files_the_deploy_says_where_they_come_from(
    deploys: Deploys, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(deploys.place / "static")
    assert deploys("deploy", package=small_package(deploys.place)) == 1
    assert "they come with `make package`" in said(capsys)


def test_a_role_that_was_just_made_is_waited_for(deploys: Deploys, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = [1, 1]
    functions_of = deploys.account.functions

    def create(**settings: Any) -> None:
        if refusals:
            refusals.pop()
            words = {"Error": {"Code": "InvalidParameterValueException", "Message": "role cannot be assumed by Lambda"}}
            raise functions_of.exceptions.InvalidParameterValueException(words, "CreateFunction")

    monkeypatch.setattr(functions_of, "create_function", create)
    deploys.account.create_function(FunctionName="x")
    assert refusals == []


def test_a_package_that_lambda_cannot_load_is_refused_before_anything_is_changed(
    deploys: Deploys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = small_package(deploys.place)
    with zipfile.ZipFile(package, "a") as packed:
        packed.writestr("some_lib-1.0.dist-info/WHEEL", "Tag: cp311-abi3-manylinux_2_99_x86_64\n")
    assert deploys("deploy", package=package) == 1
    monkeypatch.setattr(releases, "build_package", lambda: package)
    assert deploys("deploy") == 1
    told = f"STOPPED: the package is not for Lambda's python{sys.version_info.major}.{sys.version_info.minor} (glibc "
    out = said(capsys)
    assert out.count(told) == 2
    assert ": some_lib-1.0. Build and deploy with Python 3.12 or newer\n" in out
    bucket = deploys.account.clients["s3"].list_objects_v2(Bucket=deploys.account.bucket)
    assert ("Contents" in bucket, deploys.live()) == (False, "")


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(SystemExit):
        releases.main(["deploy", "elsewhere"])
