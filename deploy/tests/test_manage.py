"""`make manage`, over a function that answers as the shop's does."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from deploy import account as accounts
from deploy.account import Account, main


class Lambda:
    """Says what it was asked, or that it failed."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.asked = fails, []  # type: ignore[var-annotated]

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.asked.append((FunctionName, json.loads(Payload)))
        told: dict[str, Any] = {"command": "x", "output": "all is well\n"}
        if self.fails:
            told = {"errorMessage": "sentinel: 2 differences"}
        body = SimpleNamespace(read=lambda: json.dumps(told).encode())
        return {"Payload": body} | ({"FunctionError": "Unhandled"} if self.fails else {})


def asked(monkeypatch: pytest.MonkeyPatch, function: Lambda, *arguments: str) -> int:
    made = Account.__init__

    def init(self: Account, stage: str, bucket: str) -> None:
        made(self, stage, bucket)
        self.functions = function

    monkeypatch.setattr(accounts.Account, "__init__", init)
    return main([*arguments])


def test_a_command_runs_in_the_stages_function_and_what_it_wrote_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    function = Lambda()
    assert asked(monkeypatch, function, "production", "reconcile --days 5") == 0
    assert function.asked == [("aspireclothes-production", {"manage": "reconcile --days 5"})]
    assert capsys.readouterr().out == "all is well\n"


def test_a_command_that_fails_ends_with_its_words_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(monkeypatch, Lambda(fails=True), "staging", "sentinel") == 1
    assert "sentinel: 2 differences" in capsys.readouterr().err


def test_without_a_region_it_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    account = Account("dev", "")
    assert account.region == "us-east-1"
    assert {each.meta.region_name for each in (account.functions, account.clients["secretsmanager"])} == {"us-east-1"}
