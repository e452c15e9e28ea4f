"""The buildspecs themselves, as far as they can be run without an account."""

import shutil
from pathlib import Path

import pytest

from deploy import buildspec

SPECS = {path.stem: path for path in buildspec.FOLDER.glob("*.yml")}


def test_these_are_all() -> None:
    assert set(SPECS) == {"test", "package", "deploy", "smoke"}


@pytest.mark.parametrize("name", sorted(SPECS))
def test_each_can_be_read(name: str) -> None:
    assert buildspec.load(SPECS[name]).phases["build"].commands


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_smoke_test_passes_at_a_shop_that_answers(shop_site: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert buildspec.run(buildspec.load(SPECS["smoke"]), {"SITE_URL": shop_site})
    asked = [line for line in capfd.readouterr().out.splitlines() if line.startswith("http")]
    assert asked == [f"{shop_site}{path}" for path in ("/healthz", "/readyz", "/", "/cart/", "/account/login/")]


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_and_fails_where_nobody_answers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hasty = tmp_path / "smoke.yml"
    hasty.write_text(SPECS["smoke"].read_text().replace("--retry 5", "--retry 0"))
    assert not buildspec.run(buildspec.load(hasty), {"SITE_URL": "http://127.0.0.1:1"})
    assert "FAILED: for path" in capfd.readouterr().out


def test_a_deploy_without_a_package_ends_before_it_begins(tmp_path: Path) -> None:
    given = {"STAGE": "staging", "CODEBUILD_SRC_DIR_Package": str(tmp_path / "absent")}
    (tmp_path / "Makefile").write_text("deploy:\n\ttouch deployed\n")
    assert not buildspec.run(buildspec.load(SPECS["deploy"]), given, tmp_path)
    assert not (tmp_path / "deployed").exists()


def test_a_deploy_takes_the_package_that_was_made_before(tmp_path: Path) -> None:
    package = tmp_path / "handed on"
    (package / "static").mkdir(parents=True)
    (package / "static" / "staticfiles.json").write_text("{}")
    (package / "aspireclothes.zip").write_text("zip")
    (tmp_path / "Makefile").write_text('deploy:\n\techo "$(STAGE) of $(PACKAGE)" > deployed\n')
    given = {"STAGE": "staging", "CODEBUILD_SRC_DIR_Package": str(package)}
    assert buildspec.run(buildspec.load(SPECS["deploy"]), given, tmp_path)
    assert (tmp_path / "deployed").read_text() == f"staging of {package}/aspireclothes.zip\n"
    assert (tmp_path / ".local" / "package" / "static" / "staticfiles.json").is_file()
