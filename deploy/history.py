"""Which release is live, and which was before it: the bucket's list, held against what the function says of itself.

The list is written last. So a deploy that was cut off may be live and not in it, and a roll back that was cut off
leaves one live that is not its last.
"""

from collections.abc import Sequence
from typing import Any

from deploy.account import in_hex

Entry = dict[str, Any]


def going_back(history: Sequence[Entry], live: Entry) -> Entry | None:
    """Where a roll back goes: to the release before the live one, or on to where one that was cut off was going.

    live: what Lambda says of the function. None where there is nothing to go back to.
    """
    place = place_of(history, live)
    if place is None or place < len(history) - 1:
        return history[-1 if place is None else place] if history else None
    return history[place - 1] if place else None


def place_of(history: Sequence[Entry], live: Entry) -> int | None:
    """Where the live release stands in the list, by its package and build; None where it is in no list yet."""
    build, code = live.get("Environment", {}).get("Variables", {}).get("BUILD_ID"), in_hex(live["CodeSha256"])
    same = [place for place, known in enumerate(history) if code in known["package"]]
    whole = [place for place in same if history[place]["build"] == build]
    # Code of an older one, and not its settings yet: a roll back was cut off in between.
    return max(whole or [place for place in same if place < len(history) - 1], default=None)


def until(history: Sequence[Entry], last: Entry) -> list[Entry]:
    """The list up to that release."""
    return [*history[: list(history).index(last)], last]
