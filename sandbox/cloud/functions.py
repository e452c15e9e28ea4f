"""What moto's Lambda lacks: uploaded packages that really run, and the answers that Zappa asks for.

A function's package is unpacked once; a call goes to a process of its own (runtime.py), which stays for the next one
and sees nothing of this environment but what the function was given. Queues are brought to their functions by
deliver(), when whoever plays AWS says so: moto would do it within the very call that sends the message.
"""

import atexit
import base64
import contextlib
import hashlib
import io
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
from moto.awslambda import models
from moto.awslambda.responses import LambdaResponse

from sandbox.cloud import server
from sandbox.cloud.batches import batch

# Lambda's own patience with a function's start.
START_SECONDS = 10
# Packages that Lambda's Python runtime has beside the function's own.
LAMBDAS_OWN = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")


class Process:
    """One warm copy of a function."""

    def __init__(self, folder: Path, handler: str, environment: dict[str, str]) -> None:
        answers, to_answer = os.pipe()
        # A file and no pipe: a function that logs much must not wait for somebody to read it.
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        runtime = str(Path(__file__).with_name("runtime.py"))
        command = [sys.executable, "-I", "-S", runtime, str(folder), handler, str(to_answer), str(lambdas_own())]
        self.process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=self.log, stderr=self.log, env=environment, pass_fds=[to_answer]
        )
        os.close(to_answer)
        self.answers = os.fdopen(answers)
        self.read = 0

    def ask(self, event: Any, seconds: float) -> tuple[dict[str, Any], str]:
        """(its answer, what it logged meanwhile). A process that does not answer in time is ended."""
        assert self.process.stdin is not None
        told: dict[str, Any] = {"error": {"errorMessage": f"Task timed out after {seconds} seconds"}}
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(event).encode() + b"\n")
            self.process.stdin.flush()
        if select.select([self.answers], [], [], seconds + START_SECONDS)[0]:
            line = self.answers.readline()
            told = json.loads(line) if line else {"error": {"errorMessage": "Runtime exited"}}
        if "result" not in told and "errorType" not in told["error"]:
            self.end()
        self.log.seek(self.read)
        said = self.log.read()
        self.read += len(said.encode())
        return told, said

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


# (package and configuration) -> processes that wait for a call.
idle: dict[str, list[Process]] = defaultdict(list)
started: list[Process] = []
guard = threading.Lock()


def waiting(state: str) -> Process | None:
    """One that waits for a call and is the caller's now; those that ended meanwhile are forgotten."""
    with guard:
        while idle[state]:
            if (process := idle[state].pop()).alive:
                return process
    return None


def invoke(function: Any, body: str, request_headers: Any, response_headers: Any) -> str:
    """In place of moto's, which wants Docker."""
    event = json.loads(body or "{}")
    environment = environment_of(function)
    state = json.dumps([function.code_sha_256, function.handler, environment], sort_keys=True)
    process = waiting(state)
    if process is None:
        process = Process(unpacked(function.code_bytes), function.handler, environment)
        started.append(process)
    told, said = process.ask(event, float(function.timeout))
    if process.alive:
        with guard:
            idle[state].append(process)
    function.logs_backend.ensure_log_group(function.logs_group_name)
    function.save_logs(said)
    response_headers["x-amz-log-result"] = base64.b64encode(said[-4000:].encode()).decode()
    if "error" in told:
        response_headers["x-amz-function-error"] = "Unhandled"
        return json.dumps(told["error"])
    return json.dumps(told["result"])


def environment_of(function: Any) -> dict[str, str]:
    """What Lambda gives a function: its own variables, who it is, and here where AWS is."""
    return {
        **{"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": ":UTC", "AWS_REGION": server.REGION},
        **server.ENVIRONMENT,
        "AWS_ENDPOINT_URL": server.serve(),
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "FUNCTION_SECONDS": str(function.timeout),
        **function.environment_vars,
    }


def end_all() -> None:
    """End every process that was started here."""
    for process in started:
        process.end()
    started.clear()
    idle.clear()


@lru_cache(maxsize=8)
def unpacked(package: bytes) -> Path:
    """The package's folder, which nobody may write into, as on Lambda."""
    folder = scratch() / hashlib.sha256(package).hexdigest()[:16]
    if not folder.exists():
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            archive.extractall(folder)
    return folder


@lru_cache(maxsize=1)
def scratch() -> Path:
    folder = tempfile.mkdtemp(prefix="aspireclothes-lambda-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(end_all)
    return Path(folder)


@lru_cache(maxsize=1)
def lambdas_own() -> Path:
    """A folder with what Lambda's runtime brings, and nothing else of ours."""
    folder, here = scratch() / "runtime", Path(boto3.__file__).parent.parent
    folder.mkdir()
    for name in LAMBDAS_OWN:
        (folder / name).symlink_to(here / name)
    return folder


def deliver(queue_arn: str, most: int = 10) -> int:
    """Bring one batch of a queue to its function; how many messages that were. After a failure they stay, as on AWS."""
    sqs, functions = client("sqs"), client("lambda")
    address = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
    mappings = functions.list_event_source_mappings(EventSourceArn=queue_arn)["EventSourceMappings"]
    found = sqs.receive_message(QueueUrl=address, MaxNumberOfMessages=most, AttributeNames=["All"]).get("Messages", [])
    if not mappings or not found:
        return 0
    event = json.dumps(batch(found, queue_arn)).encode()
    answer = functions.invoke(FunctionName=mappings[0]["FunctionArn"], Payload=event)
    if "FunctionError" in answer:
        raise RuntimeError(f"the function failed on {queue_arn}: {answer['Payload'].read().decode()}")
    for message in found:
        sqs.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
    return len(found)


@lru_cache(maxsize=32)
def client(service: str) -> Any:
    """Of moto, as whoever plays AWS asks it; kept, since making one takes longer than most calls."""
    session: Any = boto3.session.Session(
        server.ENVIRONMENT["AWS_ACCESS_KEY_ID"], server.ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], region_name=server.REGION
    )
    return session.client(service, endpoint_url=server.serve())


def function_addresses(response: Any) -> str:
    """Zappa asks for them at each update; moto has no such answer."""
    name = unquote(response.path.split("/")[-2])
    function = response.backend.get_function(name)
    return json.dumps({"FunctionUrlConfigs": [function.url_config.to_dict()] if function.url_config else []})


def run_packages() -> None:
    """From now on moto's functions run, in this process; asking again changes nothing."""
    if models.LambdaFunction.invoke is invoke:
        return
    responses: Any = LambdaResponse
    add_permission = responses.add_permission
    models.LambdaFunction.invoke = invoke  # type: ignore[method-assign,assignment]
    models.LambdaBackend.send_sqs_batch = lambda *arguments: False  # type: ignore[method-assign]
    responses.list_function_url_configs = function_addresses
    # AWS answers 201, and Zappa takes anything else for a failure.
    responses.add_permission = lambda response: (201, {"status": 201}, add_permission(response))
