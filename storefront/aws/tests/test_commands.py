"""Commands that a deploy or somebody on duty may run."""

import logging
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.management import get_commands

from storefront.aws import commands
from storefront.aws.commands import ALLOWED, CommandFailed, words
from storefront.aws.entry import lambda_handler


def test_every_allowed_command_is_there_and_none_runs_what_it_is_told() -> None:
    there = set(get_commands())
    assert set(ALLOWED) <= there
    assert not set(ALLOWED) & {"shell", "dbshell", "flush", "loaddata", "run", "worker", "runserver", "test", "demo"}


def test_what_operators_are_told_to_run_may_be_run() -> None:
    page = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    told = set(re.findall(r"`manage\.py ([a-z]\w+)", page)) | set(re.findall(r'COMMAND="?([a-z]\w+)', page))
    assert told >= {"purge_edge", "reconcile", "restore_drill", "sentinel", "tax_rates"}
    # What a month costs is counted on anybody's own machine.
    assert told - {"cost"} <= set(ALLOWED)


@pytest.mark.django_db(transaction=True)
def test_the_output_is_returned_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, commands.__name__):
        answer = lambda_handler({"manage": "showmigrations shop"}, None)
    assert answer["command"] == "showmigrations"
    assert "[X] 0001_initial" in answer["output"]
    assert "[X] 0001_initial" in caplog.text


def test_arguments_are_parted_as_a_shell_parts_them() -> None:
    assert words("reconcile --order 'AC 1' \"two words\"") == ["reconcile", "--order", "AC 1", "two words"]


@pytest.mark.parametrize("line", ["showmigrations no_such_app", "migrate --no-such-option", "migrate shop 9999"])
@pytest.mark.django_db(transaction=True)
def test_a_command_that_fails_fails_the_invocation_and_ends_nothing_else(line: str) -> None:
    with pytest.raises(CommandFailed, match=line.split()[0]):
        lambda_handler({"manage": line}, None)


@pytest.mark.django_db(transaction=True)
def test_a_command_that_exits_does_not_end_the_function(monkeypatch: Any) -> None:
    def leave(*arguments: Any, stdout: Any, **options: Any) -> None:
        stdout.write("half of it")
        raise SystemExit(3)

    monkeypatch.setattr(commands, "call_command", leave)
    with pytest.raises(CommandFailed, match="check: 3\nhalf of it"):
        lambda_handler({"manage": "check"}, None)
