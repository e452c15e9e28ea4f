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


def test_every_stack_is_in_the_list_of_the_first_deploy() -> None:
    steps = PAGE.partition("### The first deploy")[2].partition("### A release")[0]
    listed = [
        name for line in re.findall(r"^   \| (`.+?) \|", steps, re.MULTILINE) for name in re.findall(r"`(\w+)`", line)
    ]
    assert listed == list(load.STACKS)


def test_the_ways_of_a_deploy_to_stop_are_explained() -> None:
    source = (ROOT / "deploy" / "release.py").read_text()
    told = re.findall(
        r"^\| `(?:STOPPED: )?([^`…]+)", PAGE.partition("### A release")[2].partition("###")[0], re.MULTILINE
    )
    words = [each.strip() for each in told]
    assert len(words) == 7
    known = source + (ROOT / "deploy" / "settings.py").read_text()
    assert [each for each in words if each.split(":")[0] not in known] == []
