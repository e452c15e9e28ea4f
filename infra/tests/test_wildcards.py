"""Every star in a policy has a reason, in infra/wildcards.json, and every reason still has its star."""

import json
from collections.abc import Iterator
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from deploy.settings import POLICY
from infra import load
from infra.tests.walking import as_list, nodes

REASONS = load.FOLDER / "wildcards.json"
# Checked by a tool of its own, and what it makes is not kept in the tree.
APART = {"payment3p"}


def templates() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each template below infra/, by its path without the ending."""
    for path in sorted(load.FOLDER.rglob("*.yaml")):
        within = path.relative_to(load.FOLDER)
        body = yaml_parse(path.read_text()) if within.parts[0] not in APART else {}
        if "Resources" in body:
            yield str(within.with_suffix("")), body


def text_of(value: Any) -> str:
    """The words of a value, with functions as they are written."""
    if isinstance(value, dict):
        inner = next(iter(value.values()))
        return str(inner[0]) if isinstance(inner, list) else str(inner)
    return str(value)


def stars(statement: dict[str, Any]) -> list[str]:
    """What of a statement has a star in it."""
    found = [f"{key}: {text_of(value)}" for key in ("Action", "Resource") for value in as_list(statement.get(key, []))]
    principal = statement.get("Principal", {})
    everybody = principal if isinstance(principal, str) else principal.get("AWS", "")
    found += [f"Principal: {text_of(value)}" for value in as_list(everybody)]
    return [words for words in found if "*" in words]


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of the templates and of the function's rights, with where it stands."""
    for where, body in templates():
        for name, made in body["Resources"].items():
            found = (node for node in nodes(made) if isinstance(node, dict) and "Effect" in node)
            yield from ((f"{where}.{name}", statement) for statement in found)
    rights = json.loads(POLICY.read_text())["Statement"]
    yield from (("policies/function", statement) for statement in rights)


def test_every_star_has_a_reason_and_every_reason_its_star() -> None:
    reasons: dict[str, list[str]] = json.loads(REASONS.read_text())
    used = [f"{where} {each.get('Sid', '?')} {star}" for where, each in statements() for star in stars(each)]
    assert sorted(star for stars in reasons.values() for star in stars) == sorted(used)
    assert all(len(reason) > 20 for reason in reasons)


def test_nothing_is_allowed_but_for_what_is_named() -> None:
    """NotAction and the like turn a policy round: everything but."""
    for where, statement in statements():
        assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement), where


def test_nobody_is_given_all_actions_on_all_resources() -> None:
    for where, statement in statements():
        if statement["Effect"] == "Allow":
            assert "*" not in as_list(statement.get("Action", [])), where
    for name, made in load.resources("messaging", "dev").items():
        if made.type == "AWS::KMS::Key":
            root = made.properties["KeyPolicy"]["Statement"][0]
            assert root["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}, name
