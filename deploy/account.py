"""What a deploy asks of the AWS account by itself; making and updating the shop's function is Zappa's.

    python -m deploy.account STAGE "command arguments"   (`make manage`)

runs one of the commands of storefront/aws/commands.py in the stage's function, and prints what it wrote.
"""

import argparse
import base64
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy.settings import DEFAULT_REGION, STAGES, session

# A migration may take longer than any request: it gets Lambda's most.
MIGRATION_SECONDS = 900
PATIENT = Config(connect_timeout=5, read_timeout=MIGRATION_SECONDS + 30, retries={"total_max_attempts": 1})
# So many releases can be gone back to.
KEPT = 10
PACKAGES = "packages/"
ROLE_TRIES, ROLE_PAUSE = 10, 3
# A stack of which there is nothing, or nothing that will ever serve. One whose update failed serves as before.
NEVER_MADE = frozenset(
    {"CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}
)


class CommandFailed(Exception):
    """A function that was asked to do something did not; with what it said."""


class Account:
    """One stage of the shop in the account that the environment's credentials belong to."""

    def __init__(self, stage: str, bucket: str) -> None:
        self.stage, self.bucket = stage, bucket
        self.function = f"aspireclothes-{stage}"
        self.region: str = session().region_name or DEFAULT_REGION
        names = ("s3", "cloudformation", "secretsmanager", "cloudfront", "apigateway")
        self.clients: dict[str, Any] = {name: session().client(name, self.region) for name in names}
        self.functions: Any = session().client("lambda", self.region, config=PATIENT)

    def live(self) -> dict[str, Any] | None:
        """The function's configuration; None before the first deploy."""
        try:
            found: dict[str, Any] = self.functions.get_function_configuration(FunctionName=self.function)
        except self.functions.exceptions.ResourceNotFoundException:
            return None
        return found

    def has_gateway(self) -> bool:
        """Whether Zappa's stack with the gateway is there: the first deploy may have been cut off before it.

        Only what AWS says counts. In any doubt it is there: without it the function would be made anew.
        """
        try:
            stacks = self.clients["cloudformation"].describe_stacks(StackName=self.function)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return any(stack["StackStatus"] not in NEVER_MADE for stack in stacks)

    def gateway(self) -> str:
        """The gateway's own address, without a slash at its end."""
        return f"https://{self.api()}.execute-api.{self.region}.amazonaws.com/{self.stage}"

    def api(self) -> str:
        """The gateway's id."""
        resource = self.clients["cloudformation"].describe_stack_resource(
            StackName=self.function, LogicalResourceId="Api"
        )
        return str(resource["StackResourceDetail"]["PhysicalResourceId"])

    def trace_at_gateway(self) -> None:
        """Have the gateway choose by the stack's rule whom X-Ray follows: what it chose, Lambda keeps to."""
        change = {"op": "replace", "path": "/tracingEnabled", "value": "true"}
        self.clients["apigateway"].update_stage(restApiId=self.api(), stageName=self.stage, patchOperations=[change])

    def origin_secret(self) -> str:
        """What the edge shows the gateway; the first where two count."""
        secret = self.clients["secretsmanager"].get_secret_value(SecretId=f"aspireclothes/{self.stage}")
        known = json.loads(secret["SecretString"])
        return str(known.get("ORIGIN_SECRET", "")).split(",")[0].strip()

    def put(self, key: str, content: bytes) -> None:
        self.clients["s3"].put_object(Bucket=self.bucket, Key=key, Body=content)

    def get(self, key: str) -> bytes | None:
        """The object's content; None where there is none."""
        try:
            body: bytes = self.clients["s3"].get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self.clients["s3"].exceptions.NoSuchKey:
            return None
        return body

    def upload(self, package: Path) -> str:
        """Its key in the bucket, by its content: a package that is there already is not sent again."""
        key = f"{PACKAGES}{sha256(package)}.zip"
        listed = self.clients["s3"].list_objects_v2(Bucket=self.bucket, Prefix=key)
        if not listed.get("Contents"):
            self.clients["s3"].upload_file(str(package), self.bucket, key)
        return key

    def releases(self) -> list[dict[str, Any]]:
        """What was live on this stage, the oldest first; the last is now."""
        known = self.get(f"releases/{self.stage}/history.json")
        return list(json.loads(known)) if known else []

    def write_releases(self, releases: list[dict[str, Any]]) -> None:
        """The last of them; packages that none of these deploys again are taken away."""
        kept = releases[-KEPT:]
        self.put(f"releases/{self.stage}/history.json", json.dumps(kept, indent=2).encode())
        pages = self.clients["s3"].get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=PACKAGES)
        there = {found["Key"] for page in pages for found in page.get("Contents", [])}
        for key in there - {known["package"] for known in kept}:
            self.clients["s3"].delete_object(Bucket=self.bucket, Key=key)

    def manage(self, command: str, function: str = "") -> str:
        """Run a command in the function and return what it wrote. Raises CommandFailed."""
        payload = json.dumps({"manage": command}).encode()
        answer = self.functions.invoke(FunctionName=function or self.function, Payload=payload)
        told = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise CommandFailed(str(told.get("errorMessage", told) if isinstance(told, dict) else told))
        return str(told["output"])

    @contextmanager
    def other_function(self, settings: dict[str, Any], package: str, role: str) -> Iterator[str]:
        """The new package as a function beside the live one, which nobody else knows; deleted at the end."""
        name = f"{self.function}-migrate"
        self.delete_function(name)
        try:
            self.create_function(
                FunctionName=name,
                Runtime=settings["runtime"],
                Role=role,
                Handler=settings["lambda_handler"],
                Code={"S3Bucket": self.bucket, "S3Key": package},
                Description="Migrates the database while the former version serves",
                Timeout=MIGRATION_SECONDS,
                MemorySize=settings["memory_size"],
                VpcConfig=settings["vpc_config"],
                Environment={"Variables": settings["aws_environment_variables"]},
            )
            self.functions.get_waiter("function_active_v2").wait(FunctionName=name)
            yield name
        finally:
            self.delete_function(name)

    def create_function(self, **settings: Any) -> None:
        """Lambda may not use a role that was made a moment ago: it is asked again."""
        for left in range(ROLE_TRIES - 1, -1, -1):
            try:
                self.functions.create_function(**settings)
                return
            except self.functions.exceptions.InvalidParameterValueException as error:
                if not left or "assumed" not in str(error):
                    raise
                time.sleep(ROLE_PAUSE)

    def delete_function(self, name: str) -> None:
        """It may be gone already, or never have been."""
        try:
            self.functions.delete_function(FunctionName=name)
        except self.functions.exceptions.ResourceNotFoundException:
            return

    def forget_pages(self, distribution: str, run: str) -> None:
        """The edge asks anew for every page; files have names of their content and may stay."""
        self.clients["cloudfront"].create_invalidation(
            DistributionId=distribution,
            InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": run},
        )


def sha256(package: Path) -> str:
    """In hex; Lambda tells the same in base64."""
    return hashlib.sha256(package.read_bytes()).hexdigest()


def in_hex(code_sha256: str) -> str:
    """Lambda's CodeSha256, as sha256() has it."""
    return base64.b64decode(code_sha256).hex()


def main(arguments: list[str] | None = None) -> int:
    """Run a command in the function. Exit code 1, with its words, when it failed."""
    parser = argparse.ArgumentParser(prog="make manage", description="Run a command in the shop's function.")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("command")
    chosen = parser.parse_args(arguments)
    try:
        print(Account(chosen.stage, "").manage(chosen.command).rstrip("\n"))  # noqa: T201
    except (CommandFailed, ClientError, BotoCoreError) as failure:
        print(failure, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
