"""What an operator is told: every alarm of the stacks, and everything that a deploy may say."""

import re

from deploy.programs import ROOT
from infra.tests.walking import every

PAGE = (ROOT / "docs" / "operations.md").read_text()
# A CDK app, which is synthesized elsewhere.
PAYMENTS = ROOT / "infra" / "payment3p" / "cdk" / "stack.py"


def test_every_alarm_has_a_line_that_says_what_to_do_and_no_line_is_left_over() -> None:
    """Those too that are made in some stages only."""
    named = [made["Properties"]["AlarmName"]["Fn::Sub"] for _, _, made in every("AWS::CloudWatch::Alarm")]
    alarms = [name.removeprefix("aspireclothes-${Stage}-") for name in named]
    alarms += [f"payment3p-{name.lower()}" for name in re.findall(r'\("(\w+)Alarm", ', PAYMENTS.read_text())]
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE.partition("### Alarms")[2].partition("###")[0], re.MULTILINE)
    assert {"not-answering", "payment3p-dead"} < set(alarms)
    assert sorted(alarms) == sorted(listed)


def test_what_a_deploy_may_say_is_explained_in_its_own_words() -> None:
    table = PAGE.partition("### A release")[2].partition("###")[0]
    told = re.findall(r"^\| `(?:STOPPED: )?([^`]+)`", table, re.MULTILINE)
    source = "".join(path.read_text() for path in (ROOT / "deploy").glob("*.py"))
    parts = [part.strip() for words in told for part in words.split("…")]
    assert {"FAILED:", "INTERRUPTED", "is still at it"} <= set(parts)
    assert [part for part in parts if part not in source] == []
