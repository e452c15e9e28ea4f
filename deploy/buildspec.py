"""Run buildspecs on this machine by CodeBuild's rules. `make pipeline` runs those that need no account.

    python -m deploy.buildspec test package          # buildspecs/test.yml, then buildspecs/package.yml
    python -m deploy.buildspec deploy STAGE=staging CODEBUILD_SRC_DIR_Package=dist

NAME=VALUE stands for what a project gives: it wins over the file, as the file wins over this shell's environment.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.programs import ROOT

FOLDER = ROOT / "buildspecs"
# In this order: https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details.html
PHASES = ("install", "pre_build", "build", "post_build")
SHELLS = ("sh", "bash")
SUCCEEDING = "CODEBUILD_BUILD_SUCCEEDING"
# What CodeBuild itself gives, of what we use.
GIVEN = {"CODEBUILD_SRC_DIR", SUCCEEDING}
# $NAME and ${NAME}, but not $1 and the like.
USED = re.compile(r"\$\{?([A-Za-z_]\w*)")
# At the head of a command, or by `for`: what comes later is an argument of somebody's.
ASSIGNED = re.compile(r"(?:(?:^|[;&|({]|\bexport\s)\s*([A-Za-z_]\w*)=|\bfor\s+([A-Za-z_]\w*)\s+in\b)", re.MULTILINE)
# CodeBuild writes each command into a script of its own: variables and the folder go on to the next, functions do not.
FUNCTION = re.compile(r"(?:^|[;&|])\s*([A-Za-z_]\w*)\s*\(\)\s*\{", re.MULTILINE)
# Reads names of files, each a command, and tells how each ended. One shell for all: what a command sets, lasts.
LOOP = 'exec 3>/dev/fd/{results}; while IFS= read -r _file; do . "$_file" </dev/null 3>&-; echo $? >&3; done'


class BadBuildspec(Exception):
    """The file is none, or says what is not known here; in words."""


@dataclass(frozen=True)
class Phase:
    """commands: up to the first that fails. last (finally): after them, whether one failed or not."""

    commands: list[str]
    last: list[str]


@dataclass(frozen=True)
class Buildspec:
    """A file, read. elsewhere: names whose values AWS keeps, each with where. files: patterns below base."""

    name: str
    shell: str
    variables: dict[str, str]
    elsewhere: dict[str, str]
    phases: dict[str, Phase]
    base: str
    files: list[str]

    def needs(self) -> set[str]:
        """The variables that commands use and neither the file nor CodeBuild gives."""
        words = "\n".join(command for phase in self.phases.values() for command in [*phase.commands, *phase.last])
        assigned = {name for names in ASSIGNED.findall(words) for name in names}
        return set(USED.findall(words)) - assigned - set(self.variables) - GIVEN


def load(path: Path) -> Buildspec:
    """Read a file. Raises BadBuildspec."""
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise BadBuildspec(f"{path} can't be read: {error}") from error
    said = mapping(content, path.name, {"version", "env", "phases", "artifacts"})
    if str(said.get("version")) != "0.2":
        raise BadBuildspec(f"{path.name}: in versions other than 0.2 each command has a shell of its own")
    env = mapping(said.get("env"), f"{path.name}: env", {"shell", "variables", "parameter-store", "secrets-manager"})
    phases = mapping(said.get("phases"), f"{path.name}: phases", set(PHASES))
    artifacts = mapping(said.get("artifacts"), f"{path.name}: artifacts", {"base-directory", "files"})
    if "build" not in phases:
        raise BadBuildspec(f"{path.name} has no phase `build`")
    if env.get("shell", "sh") not in SHELLS:
        raise BadBuildspec(f"{path.name}: the shell is one of {', '.join(SHELLS)}")
    return Buildspec(
        name=path.stem,
        shell=env.get("shell", "sh"),
        variables={name: str(value) for name, value in mapping(env.get("variables"), path.name).items()},
        elsewhere=mapping(env.get("parameter-store"), path.name) | mapping(env.get("secrets-manager"), path.name),
        phases={name: read_phase(phases[name], f"{path.name}: {name}") for name in PHASES if name in phases},
        base=str(artifacts.get("base-directory", ".")),
        files=texts(artifacts.get("files"), f"{path.name}: artifacts"),
    )


def read_phase(said: Any, where: str) -> Phase:
    known = mapping(said, where, {"commands", "finally"})
    return Phase(texts(known.get("commands"), where), texts(known.get("finally"), where))


def mapping(said: Any, where: str, known: set[str] | None = None) -> dict[str, Any]:
    """A part of the file, empty where it says nothing. Raises BadBuildspec for names that are not known here."""
    if said is not None and not isinstance(said, dict):
        raise BadBuildspec(f"{where} is no mapping")
    unknown = sorted(str(name) for name in said or {} if known is not None and name not in known)
    if unknown:
        raise BadBuildspec(f"{where}: {', '.join(unknown)} is not known here")
    return said or {}


def texts(said: Any, where: str) -> list[str]:
    """A list of texts. YAML makes something else of `- echo a: b`. Raises BadBuildspec."""
    if not isinstance(said or [], list) or not all(isinstance(one, str) for one in said or []):
        raise BadBuildspec(f"{where}: not a list of texts; one with a colon wants quotes")
    return said or []


class Shell:
    """The one shell of a build. A command that ends it fails, and the next one gets a new shell."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path, file: Path) -> None:
        """file: where it may write each command."""
        self.name, self.environment, self.folder, self.file = name, environment, folder, file
        self.process: subprocess.Popen[str] | None = None
        self.results = -1

    def run(self, command: str) -> bool:
        """Run a command, and forget the functions that it made; whether it ended with 0."""
        passed = self.ask(command)
        for name in FUNCTION.findall(command):
            self.ask(f"unset -f {name}")
        return passed

    def ask(self, command: str) -> bool:
        """Have the shell read one command; whether it ended with 0."""
        process = self.process or self.start()
        self.file.write_text(f"{command}\n")
        assert process.stdin
        process.stdin.write(f"{self.file}\n")
        process.stdin.flush()
        answer = os.read(self.results, 8)
        if not answer:
            self.end()
        return answer == b"0\n"

    def start(self) -> subprocess.Popen[str]:
        self.results, told = os.pipe()
        command = [self.name, "-c", LOOP.format(results=told)]
        self.process = subprocess.Popen(  # noqa: S603 - one of SHELLS
            command, stdin=subprocess.PIPE, text=True, pass_fds=[told], cwd=self.folder, env=self.environment
        )
        os.close(told)
        return self.process

    def end(self) -> None:
        """Once its commands are done, or it is gone by itself."""
        if self.process:
            self.process.communicate()
            os.close(self.results)
        self.process = None


def run(spec: Buildspec, given: dict[str, str], folder: Path = ROOT) -> bool:
    """Run a file's phases in a folder; whether all went well, what it promises to hand on included.

    A failed `install` or `pre_build` ends it; after a failed `build` comes `post_build` all the same.
    """
    environment = dict(os.environ) | spec.variables | {"CODEBUILD_SRC_DIR": str(folder)} | given
    if missing := sorted((spec.needs() | set(spec.elsewhere)) - set(environment)):
        say(f"{spec.name}: nobody gives {', '.join(missing)} (NAME=VALUE)")
        return False
    with tempfile.TemporaryDirectory() as scratch:
        shell = Shell(spec.shell, environment, folder, Path(scratch) / "command.sh")
        passed = run_phases(spec, shell)
        shell.end()
    return passed and hands_on(spec, folder)


def run_phases(spec: Buildspec, shell: Shell) -> bool:
    """Whether all that were run went well."""
    passed = True
    for name in spec.phases:
        shell.run(f"export {SUCCEEDING}={int(passed)}")
        passed = run_phase(spec, name, shell) and passed
        if not passed and name != "build":
            break
    return passed


def run_phase(spec: Buildspec, name: str, shell: Shell) -> bool:
    """Whether every command of it ended well."""

    def went_well(command: str) -> bool:
        say(f"{spec.name}, {name}: {command}")
        passed = shell.run(command)
        if not passed:
            say(f"{spec.name}, {name}: FAILED: {command}")
        return passed

    passed = all(went_well(command) for command in spec.phases[name].commands)
    return all(went_well(command) for command in spec.phases[name].last) and passed


def hands_on(spec: Buildspec, folder: Path) -> bool:
    """Whether there is something for each pattern of what it hands on."""
    base = folder / spec.base
    absent = [pattern for pattern in spec.files if not any(path.is_file() for path in base.glob(pattern))]
    for pattern in absent:
        say(f"{spec.name}: FAILED: it hands on {spec.base}/{pattern}, and there is no such file")
    return not absent


def say(words: str) -> None:
    print(f"[{words}]", flush=True)  # noqa: T201 - this is what it is for


def main(arguments: Sequence[str]) -> int:
    """Run the files that are named, in their order, up to the first that fails. Returns what the process ends with."""
    given = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    names = [argument for argument in arguments if "=" not in argument]
    if not names:
        say(f"name one or more of: {', '.join(sorted(path.stem for path in FOLDER.glob('*.yml')))}")
        return 2
    try:
        specs = [load(Path(name) if name.endswith((".yml", ".yaml")) else FOLDER / f"{name}.yml") for name in names]
    except BadBuildspec as error:
        say(str(error))
        return 2
    return int(not all(run(spec, given) for spec in specs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
