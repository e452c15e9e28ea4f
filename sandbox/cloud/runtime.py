"""What stands in for Lambda's runtime: a process that calls a package's handler, line by line.

    python -I -S runtime.py FOLDER HANDLER ANSWERS [OWN]

FOLDER: the unpacked package, and all that the handler may import beside Python itself. ANSWERS: the descriptor that
answers go to; what the handler prints is its log. OWN: a folder of what Lambda brings along, such as boto3.
"""

import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, TextIO
from uuid import uuid4


@dataclass
class Context:
    """What Lambda tells a function of its call."""

    function_name: str
    seconds: float
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    began: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.began + self.seconds - time.monotonic()) * 1000))


def answer(handler: str, event: Any) -> dict[str, Any]:
    """{"result": ...}, or {"error": ...} as Lambda tells of an exception."""
    module, _, name = handler.rpartition(".")
    context = Context(os.environ["AWS_LAMBDA_FUNCTION_NAME"], float(os.environ["FUNCTION_SECONDS"]))
    try:
        result = getattr(importlib.import_module(module), name)(event, context)
        return {"result": json.loads(json.dumps(result))}
    except BaseException as error:  # noqa: BLE001 - whatever it is, the next call gets the same process
        traceback.print_exc()
        return {"error": {"errorMessage": str(error), "errorType": type(error).__name__}}


def serve(folder: str, handler: str, answers: TextIO, own: str = "") -> None:
    """Until nobody asks any more."""
    sys.path[:0], sys.path[len(sys.path) :] = [folder], [own] if own else []
    os.chdir(folder)
    for line in sys.stdin:
        answers.write(json.dumps(answer(handler, json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], os.fdopen(int(sys.argv[3]), "w"), *sys.argv[4:])
