"""Zappa's settings and the function's rights, with the values of one account and stage filled in.

    python -m deploy.settings STAGE [--build ID] [--folder FOLDER]

zappa_settings.json and infra/policies/function.json have `${NAME}` where accounts differ. A NAME is a parameter that
the stacks wrote to SSM as `/aspireclothes/<stage>/<NAME>`, or one of STAGE, AWS_REGION, ACCOUNT and BUILD_ID, or
RUNTIME, which is this Python's: a package runs on the one that built it. In a list `["${NAME}"]` becomes what NAME's
commas separate. All parameters but those of ONLY_DEPLOY go into the function's environment too.

From Python, as a deploy does it:

    values = read_values(stage, build_id)          # asks SSM and STS
    path = write(stage, values, folder)            # folder/zappa_settings.json, folder/function.json
    write_role(stage, path)                        # Zappa does so itself only where it builds the package
    zappa deploy|update STAGE -s PATH -z PACKAGE   # the package of `make package`, the same for every stage
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from deploy.programs import ROOT

TEMPLATE = ROOT / "zappa_settings.json"
POLICY = ROOT / "infra" / "policies" / "function.json"
STAGES = ("dev", "staging", "production")
PREFIX = "/aspireclothes"
DEFAULT_REGION = "us-east-1"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"

# What a deploy knows by itself; all other names are told by the stacks.
DEPLOYS_OWN = frozenset({"STAGE", "AWS_REGION", "ACCOUNT", "BUILD_ID", "RUNTIME"})
# What only making the function needs.
ONLY_DEPLOY = frozenset({"DEPLOY_BUCKET", "FUNCTION_SUBNETS", "FUNCTION_SECURITY_GROUPS"})
# Lambda sets these itself and refuses a function that brings its own.
LAMBDAS_OWN = frozenset({"AWS_REGION", "AWS_DEFAULT_REGION", "TZ", "LANG", "PATH"})
# Lambda's limit for names and values together.
MOST_ENVIRONMENT = 4096

PLACEHOLDER = re.compile(r"\$\{([A-Z_]+)\}")

Values = Mapping[str, str]


class NotReady(Exception):
    """What the stacks have not told yet, or more than Lambda takes; in words."""


@lru_cache(maxsize=1)
def session() -> Any:
    """Of boto3, for all of a deploy: a new one reads what it knows of each service again, for longer than a call."""
    # A second to load, and who only fills in values needs none of it.
    import boto3  # noqa: PLC0415

    return boto3.session.Session()


def read_values(stage: str, build_id: str) -> dict[str, str]:
    """What the stacks of that stage told, and where and for whom it is."""
    region = session().region_name or DEFAULT_REGION
    pages = session().client("ssm", region).get_paginator("get_parameters_by_path")
    found = {
        parameter["Name"].rpartition("/")[2]: parameter["Value"]
        for page in pages.paginate(Path=f"{PREFIX}/{stage}/", Recursive=True)
        for parameter in page["Parameters"]
    }
    account = session().client("sts", region).get_caller_identity()["Account"]
    return found | {"STAGE": stage, "AWS_REGION": region, "ACCOUNT": account, "BUILD_ID": build_id}


def write(stage: str, values: Values, folder: Path) -> Path:
    """Write both files and return the settings' path. Raises NotReady."""
    settings, policy = json.loads(TEMPLATE.read_text()), json.loads(POLICY.read_text())
    chosen = {"base": settings["base"], stage: settings[stage]}
    values = {"RUNTIME": RUNTIME} | dict(values)
    missing = sorted(names_in([chosen, policy]) - set(values))
    if missing:
        raise NotReady(f"no stack has written {', '.join(f'{PREFIX}/{stage}/{name}' for name in missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    rights = folder / POLICY.name
    rights.write_text(json.dumps(filled(policy, values), indent=2) + "\n")
    chosen = filled(chosen, values)
    chosen["base"]["attach_policy"] = str(rights.resolve())
    chosen["base"]["aws_environment_variables"] = environment(chosen["base"]["aws_environment_variables"], values)
    path = folder / TEMPLATE.name
    path.write_text(json.dumps(chosen, indent=2) + "\n")
    return path


def environment(fixed: Values, values: Values) -> dict[str, str]:
    """The function's environment. Raises NotReady where it is more than Lambda takes."""
    other = ONLY_DEPLOY | LAMBDAS_OWN | {"ACCOUNT", "RUNTIME"}
    told = {name: value for name, value in values.items() if name not in other}
    whole = dict(sorted((told | dict(fixed)).items()))
    size = sum(len(name.encode()) + len(value.encode()) for name, value in whole.items())
    if size > MOST_ENVIRONMENT:
        raise NotReady(f"the environment has {size} bytes, and Lambda takes {MOST_ENVIRONMENT}")
    return whole


def stage_settings(settings: Path, stage: str) -> dict[str, Any]:
    """Zappa's settings of the stage, with those of its base."""
    known = json.loads(settings.read_text())
    return {**known["base"], **known[stage]}


def write_role(stage: str, settings: Path) -> None:
    """Make the function's role what the policy says, by Zappa's own code; it skips this for a package built before."""
    # Only who deploys has it, and it is slow to load.
    from zappa.cli import ZappaCLI  # noqa: PLC0415

    cli = ZappaCLI()
    cli.api_stage = stage
    cli.load_settings(str(settings)).create_iam_roles()


def names_in(part: Any) -> set[str]:
    """The placeholders in a piece of JSON."""
    return set(PLACEHOLDER.findall(json.dumps(part)))


def filled(part: Any, values: Values) -> Any:
    """The piece of JSON with every placeholder replaced."""
    if isinstance(part, dict):
        return {key: filled(value, values) for key, value in part.items()}
    if isinstance(part, list):
        several = len(part) == 1 and isinstance(part[0], str) and PLACEHOLDER.fullmatch(part[0])
        return values[several[1]].split(",") if several else [filled(each, values) for each in part]
    return PLACEHOLDER.sub(lambda found: values[found[1]], part) if isinstance(part, str) else part


def folder_of(stage: str) -> Path:
    """Where the files of a stage are written."""
    return ROOT / ".local" / "deploy" / stage


def main() -> None:
    """Write the files of a stage and tell where."""
    parser = argparse.ArgumentParser(prog="python -m deploy.settings", description="Zappa's settings of one stage.")
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("--build", default=os.environ.get("BUILD_ID", "dev"))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    try:
        values = read_values(options.stage, options.build)
        print(write(options.stage, values, options.folder or folder_of(options.stage)))  # noqa: T201
    except NotReady as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
