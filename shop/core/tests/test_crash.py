"""Crash points: armed ones kill, nothing else does, and the list of them is the truth."""

import ast
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from shop.core import crash

SHOP = Path(crash.__file__).parent.parent


def test_an_armed_point_kills_its_process(settings: Settings) -> None:
    settings.CRASH_POINTS = {"webhook-stored"}
    child = os.fork()
    if child == 0:
        crash.crash_point("webhook-stored")
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def test_a_point_that_is_not_armed_does_nothing(settings: Settings) -> None:
    settings.CRASH_POINTS = {"webhook-before-mark"}
    crash.crash_point("webhook-stored")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="webhook-stord"):
        crash.crash_point("webhook-stord")


def test_production_refuses_armed_points(settings: Settings) -> None:
    settings.CRASH_POINTS = {"webhook-stored"}
    settings.DEBUG = settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = False
    assert [found.id for found in crash.crash_points(None)] == ["shop.E002"]
    with pytest.raises(ImproperlyConfigured):
        crash.refuse_production()


@pytest.mark.parametrize("armed", [set(), {"webhook-stored"}])
def test_nothing_armed_passes_everywhere_and_a_laptop_may_arm(settings: Settings, armed: set[str]) -> None:
    settings.CRASH_POINTS, settings.DEBUG = armed, bool(armed)
    settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = False
    crash.refuse_production()
    assert crash.crash_points(None) == []


def test_every_point_stands_in_the_code_once_and_every_call_names_a_point() -> None:
    assert Counter(called_points()) == dict.fromkeys(crash.POINTS, 1)


def called_points() -> list[str]:
    """The names in all calls of crash_point() in the shop, tests left out."""
    files = [path for path in SHOP.rglob("*.py") if "tests" not in path.parts]
    calls = [node for path in files for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        ast.literal_eval(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "crash_point"
    ]
