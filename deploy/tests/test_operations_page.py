"""What an operator is told: every alarm of the stacks, and everything that a deploy may say."""

import re

from deploy.programs import ROOT
from infra import load

PAGE = (ROOT / "docs" / "operations.md").read_text()


def test_every_alarm_has_a_line_that_says_what_to_do_and_no_line_is_left_over() -> None:
    made = [each for stack in load.STACKS for each in load.resources(stack, "dev").values()]
    alarms = [each.properties["AlarmName"] for each in made if each.type == "AWS::CloudWatch::Alarm"]
    listed = re.findall(r"^\| `([a-z-]+)` \|", PAGE.partition("### Alarms")[2].partition("###")[0], re.MULTILINE)
    assert sorted(name.removeprefix("aspireclothes-dev-") for name in alarms) == sorted(listed)


def test_what_a_deploy_may_say_is_explained_in_its_own_words() -> None:
    table = PAGE.partition("### A release")[2].partition("###")[0]
    told = re.findall(r"^\| `(?:STOPPED: )?([^`]+)`", table, re.MULTILINE)
    source = "".join(path.read_text() for path in (ROOT / "deploy").glob("*.py"))
    parts = [part.strip() for words in told for part in words.split("…")]
    assert {"FAILED:", "INTERRUPTED", "is still at it"} <= set(parts)
    assert [part for part in parts if part not in source] == []
