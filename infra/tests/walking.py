"""How tests look at all templates at once."""

from collections.abc import Iterator
from typing import Any

from infra import load

ALL = (*load.STACKS, *load.OPTIONAL)


def every(*types: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Stack, logical name and the resource as it is written, of those types; conditions leave nothing out.

    There are some: a test that asks for what is not there would hold whatever it says.
    """
    there = ((stack, name, made) for stack in ALL for name, made in load.template(stack)["Resources"].items())
    found = [(stack, name, made) for stack, name, made in there if not types or made["Type"] in types]
    assert found, f"no stack makes {types}"
    return found


def resolved(*types: str, stage: str = "dev") -> dict[str, load.Resource]:
    """Resources of those types by "stack.LogicalName", their values put in. There are some, as above."""
    found = {
        f"{stack}.{name}": made
        for stack in ALL
        for name, made in load.resources(stack, stage).items()
        if made.type in types
    }
    assert found, f"no stack makes {types}"
    return found


def nodes(tree: Any) -> Iterator[Any]:
    """Every part of a tree, from the outside in."""
    yield tree
    inside = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for part in inside:
        yield from nodes(part)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
