"""The page that says how to make the stacks: their order, and what each has to be told."""

import re

from infra import load

PAGE = (load.FOLDER / "README.md").read_text()
COMMANDS = re.findall(r"^(?:REGION=\S+ )?stack (\w+)(.*)$", PAGE, re.MULTILINE)
ROWS = re.findall(r"^\| `([\w/]+)` \|[^|]*\|[^|]*\|([^|]*)\|$", PAGE, re.MULTILINE)


def parameters(stack: str) -> dict[str, dict[str, object]]:
    return dict(load.template(stack)["Parameters"])


def test_the_stacks_are_made_in_their_order() -> None:
    assert tuple(name for name, _ in COMMANDS) == load.STACKS


def test_who_signs_people_in_is_made_once_the_mail_may_be_sent() -> None:
    """Cognito makes no pool whose sender SES has not verified."""
    between = PAGE[PAGE.index("\nstack mail") : PAGE.index("\nstack identity")]
    assert "get-email-identity" in between and "VerifiedForSendingStatus" in between


def test_each_stack_is_told_what_it_has_no_default_for_and_nothing_that_it_does_not_know() -> None:
    for stack, words in COMMANDS:
        given = {"Stage", *re.findall(r"(\w+)=", words)}
        needed = {name for name, about in parameters(stack).items() if "Default" not in about}
        assert needed <= given <= set(parameters(stack)), stack


def test_every_stack_has_a_row_and_what_may_be_chosen_there_is_a_parameter() -> None:
    assert [name for name, _ in ROWS][: len(load.STACKS)] == list(load.STACKS)
    assert {name for name, _ in ROWS} - {"appsync/template"} == {*load.STACKS, *load.OPTIONAL}
    for stack, words in ROWS:
        assert set(re.findall(r"`([A-Z]\w+)`", words)) <= set(parameters(stack)), stack
