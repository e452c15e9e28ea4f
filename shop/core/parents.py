"""A process that must not outlive the one that started it, however that one ends."""

import ctypes
import os
import signal
import sys

# In the environment of `make run` and of all it starts: manage.py ends with its parent.
VARIABLE = "END_WITH_PARENT"
PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """From now on SIGTERM reaches this process when its parent ends, even by SIGKILL. Does nothing outside Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_with_parent_if_asked() -> None:
    """end_with_parent(), where the environment asks for it."""
    if os.environ.get(VARIABLE):
        end_with_parent()
