"""The package, built once for all tests of one worker, out of what is installed here."""

from pathlib import Path

import pytest

from deploy.package import build, copy_installed


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    return build(folder / "shop.zip", install=copy_installed, static=folder / "static")


@pytest.fixture(scope="session")
def static(built: Path) -> Path:
    """The static files that were collected for it."""
    return built.parent / "static"
