"""`make payment3p` where it can't run, and what it leaves behind."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from infra.payment3p import testing

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of the test's own."""
    monkeypatch.setattr(testing, "ENVIRONMENT", tmp_path / "venv")
    monkeypatch.setattr(testing, "TEMPLATES", tmp_path / "templates")
    monkeypatch.setattr(testing, "DIGEST", tmp_path / "templates" / "sources.sha256")
    monkeypatch.delenv("PAYMENT3P", raising=False)


def ran(monkeypatch: pytest.MonkeyPatch, *codes: int) -> list[str]:
    """Nothing is run; what would have been is listed, and ends with these codes in turn."""
    commands: list[str] = []
    left = iter(codes)

    def run(command: list[object], **options: object) -> SimpleNamespace:
        commands.append(" ".join(map(str, command)))
        return SimpleNamespace(returncode=next(left))

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_without_node_it_is_skipped_by_name(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert testing.main() == 0
    assert "infra/payment3p/cdk are SKIPPED: the CDK needs Node, and there is no `node` here" in capfd.readouterr().err


def test_without_its_packages_it_is_skipped_by_name(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/node")
    ran(monkeypatch, 0, 1)
    assert testing.main() == 0
    assert "SKIPPED: `-m pip install` failed" in capfd.readouterr().err


def test_where_it_is_required_to_be_skipped_is_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setenv("PAYMENT3P", "required")
    assert testing.main() == 1


def test_a_red_test_fails_it_and_leaves_no_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.payment3p.testing.prepare", lambda: "")
    testing.TEMPLATES.mkdir()
    testing.DIGEST.write_text(testing.digest(*testing.SOURCES))
    (testing.TEMPLATES / "aspireclothes-dev-payment3p.template.json").write_text("{}")
    assert set(testing.templates()) == {"dev"}
    commands = ran(monkeypatch, 3)
    assert testing.main() == 3
    assert testing.templates() == {}
    assert commands[0].endswith("-m pytest -q -c infra/payment3p/cdk/pytest.ini infra/payment3p/cdk/tests")


def test_templates_older_than_their_sources_are_none() -> None:
    testing.TEMPLATES.mkdir()
    (testing.TEMPLATES / "aspireclothes-dev-payment3p.template.json").write_text("{}")
    testing.DIGEST.write_text(testing.digest(*testing.SOURCES[1:]))
    assert testing.templates() == {}


def test_it_runs_before_the_suite_and_never_in_its_environment() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "\ntest: $(READY) payment3p " in makefile
    locked = (testing.LOCK).read_text()
    assert "aws-cdk-lib==" in locked
    assert "aws-cdk" not in (ROOT / "requirements" / "dev.txt").read_text()
    pinned = [line for line in locked.splitlines() if line and line[0].isalpha()]
    assert all("==" in line for line in pinned)
    assert locked.count("--hash=sha256:") >= len(pinned) > 10
    assert not [word for word in ("://", "--index", "--find-links", "--trusted") if word in locked]
