"""Buildspecs are run as CodeBuild would run them."""

import json
import textwrap
from pathlib import Path

import pytest

from deploy import buildspec
from deploy.buildspec import BadBuildspec, load, run


def written(folder: Path, text: str) -> buildspec.Buildspec:
    path = folder / "spec.yml"
    path.write_text(textwrap.dedent(text))
    return load(path)


def done(folder: Path) -> list[str]:
    """What the commands noted, in their order."""
    path = folder / "done"
    return path.read_text().split("\n")[:-1] if path.exists() else []


ALL = """
    version: 0.2
    phases:
      post_build: {commands: [echo post $CODEBUILD_BUILD_SUCCEEDING >> done]}
      build: {commands: [echo build >> done, AT_BUILD, echo more >> done], finally: [echo finally >> done]}
      pre_build: {commands: [echo pre >> done, AT_PRE, echo more >> done]}
      install: {commands: [echo install $CODEBUILD_BUILD_SUCCEEDING >> done, AT_INSTALL]}
"""


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        ("", ["install 1", "pre", "more", "build", "more", "finally", "post 1"]),
        ("AT_INSTALL", ["install 1"]),
        ("AT_PRE", ["install 1", "pre"]),
        ("AT_BUILD", ["install 1", "pre", "more", "build", "finally", "post 0"]),
    ],
)
@pytest.mark.parametrize("failure", ["false", "exit 3", "no-such-command", "sh -c 'exit 7'", "if"])
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_phases_come_in_codebuilds_order_and_end_by_its_rules(
    tmp_path: Path, failing: str, expected: list[str], failure: str, shell: str
) -> None:
    text = ALL
    for name in ("AT_INSTALL", "AT_PRE", "AT_BUILD"):
        text = text.replace(name, json.dumps(failure if name == failing else "true"))
    spec = written(tmp_path, text.replace("version: 0.2", f"version: 0.2\n    env: {{shell: {shell}}}"))
    assert run(spec, {}, tmp_path) is (failing == "")
    assert done(tmp_path) == expected


def test_variables_and_the_folder_last(tmp_path: Path) -> None:
    spec = written(
        tmp_path,
        """
        version: 0.2
        phases:
          install: {commands: [kept=here, mkdir below]}
          build: {commands: [cd below, echo $kept >> $CODEBUILD_SRC_DIR/done]}
          post_build: {commands: ['echo $(basename "$PWD") >> $CODEBUILD_SRC_DIR/done']}
        """,
    )
    assert run(spec, {}, tmp_path)
    assert done(tmp_path) == ["here", "below"]


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_function_ends_with_its_command(tmp_path: Path, shell: str) -> None:
    spec = written(
        tmp_path,
        f"""
        version: 0.2
        env: {{shell: {shell}}}
        phases:
          build: {{commands: ["true; note() {{ echo $1 >> done; }}; note first", note second, note third]}}
        """,
    )
    assert not run(spec, {}, tmp_path)
    assert done(tmp_path) == ["first"]


def test_no_command_reads_what_is_not_its_own(tmp_path: Path) -> None:
    spec = written(
        tmp_path, "{version: 0.2, phases: {build: {commands: ['cat >> done', echo after >> done, 'read x || true']}}}"
    )
    assert run(spec, {}, tmp_path)
    assert done(tmp_path) == ["after"]


def test_a_project_wins_over_the_file_and_the_file_over_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FIRST", "SECOND", "THIRD"):
        monkeypatch.setenv(name, "shell")
    spec = written(
        tmp_path,
        """
        version: 0.2
        env: {variables: {FIRST: file, SECOND: file}}
        phases: {build: {commands: [echo $FIRST $SECOND $THIRD >> done]}}
        """,
    )
    assert run(spec, {"FIRST": "project"}, tmp_path)
    assert done(tmp_path) == ["project file shell"]


def test_nothing_is_run_while_a_variable_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("STAGE", raising=False)
    spec = written(
        tmp_path,
        """
        version: 0.2
        env: {parameter-store: {SITE_URL: /aspireclothes/dev/SITE_URL}, secrets-manager: {TOKEN: "some:token"}}
        phases:
          install: {commands: [echo install >> done]}
          build:
            commands:
              - echo "$STAGE" "${OTHER_ONE}/x" $1 $?
              - MINE=1; export OWN=1; echo $MINE $OWN
              - test STAGE="$STAGE"
              - for each in a b; do echo $each; done
        """,
    )
    assert not run(spec, {}, tmp_path)
    assert capsys.readouterr().out == "[spec: nobody gives OTHER_ONE, SITE_URL, STAGE, TOKEN (NAME=VALUE)]\n"
    assert done(tmp_path) == []
    assert run(spec, dict.fromkeys(("OTHER_ONE", "SITE_URL", "STAGE", "TOKEN"), "x"), tmp_path)


HANDS_ON = """
    version: 0.2
    phases: {build: {commands: [mkdir -p out/static/css, "echo a > out/a.zip", COMMAND]}}
    artifacts: {base-directory: out, files: [a.zip, static/**/*]}
"""


@pytest.mark.parametrize(("command", "whole"), [("echo b > out/static/css/b.css", True), ("echo b", False)])
def test_what_it_hands_on_has_to_be_there(
    tmp_path: Path, command: str, whole: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(written(tmp_path, HANDS_ON.replace("COMMAND", command)), {}, tmp_path) is whole
    assert ("it hands on out/static/**/*, and there is no such file" in capsys.readouterr().out) is not whole


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "in versions other than 0.2"),
        ("[]", "spec.yml is no mapping"),
        ("version: 0.1\nphases: {build: {}}", "in versions other than 0.2"),
        ("version: 0.2", "no phase `build`"),
        ("{version: 0.2, phases: {install: {}}}", "no phase `build`"),
        ("{version: 0.2, phases: {build: {}, deploy: {}}}", "phases: deploy is not known"),
        ("{version: 0.2, phases: {build: {command: []}}}", "build: command is not known"),
        ("{version: 0.2, phases: {build: {commands: make}}}", "build: not a list of texts"),
        ("{version: 0.2, phases: {build: {commands: [a: b]}}}", "one with a colon wants quotes"),
        ("{version: 0.2, phases: []}", "phases is no mapping"),
        ("{version: 0.2, env: {shell: powershell}, phases: {build: {}}}", "the shell is one of sh, bash"),
        ("{version: 0.2, reports: {}, phases: {build: {}}}", "reports is not known"),
        ("{version: 0.2, phases: {build: {}}, artifacts: {files: x}}", "artifacts: not a list of texts"),
        ("version: [0.2", "can't be read"),
    ],
)
def test_what_is_not_understood_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadBuildspec, match=words.replace("(", r"\(")):
        written(tmp_path, text)


def test_several_files_end_at_the_first_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(buildspec, "FOLDER", tmp_path)
    for name, command in (("one", "test $WANTED = yes"), ("two", "test 1 = 2"), ("three", "echo three")):
        (tmp_path / f"{name}.yml").write_text(f"{{version: 0.2, phases: {{build: {{commands: [{command}]}}}}}}")
    assert buildspec.main(["one", "WANTED=yes"]) == 0
    assert buildspec.main(["one", "two", "three", "WANTED=yes"]) == 1
    said = capsys.readouterr().out
    assert "[two, build: FAILED: test 1 = 2]" in said
    assert "three" not in said


def test_what_it_was_not_told_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(buildspec, "FOLDER", tmp_path)
    (tmp_path / "one.yml").write_text("{version: 0.2, phases: {build: {}}}")
    assert buildspec.main([]) == 2
    assert buildspec.main(["absent"]) == 2
    said = capsys.readouterr().out
    assert "name one or more of: one" in said
    assert "absent.yml can't be read" in said
