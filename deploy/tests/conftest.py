"""The package, built once for all tests of one worker, out of what is installed here; and a stage to deploy to."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import account as accounts
from deploy import release as releases
from deploy import smoke
from deploy.package import build
from deploy.tests.deploys import Deploys
from deploy.tests.installed import copy_installed
from deploy.tests.stage import make_stage, quick_zappa
from sandbox.cloud import functions
from sandbox.cloud.gateway import gateway


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    return build(folder / "shop.zip", install=copy_installed, static=folder / "static")


@pytest.fixture(scope="session")
def static(built: Path) -> Path:
    """The static files that were collected for it."""
    return built.parent / "static"


@pytest.fixture
def deploys(cloud: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Deploys]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    static = tmp_path / "static"
    static.mkdir()
    (static / "staticfiles.json").write_text(json.dumps({"paths": {"a.css": "a.1234.css", "b.svg": "b.5678.svg"}}))
    for name in ("a.1234.css", "b.5678.svg", "a.css"):
        (static / name).write_text(name)
    monkeypatch.setattr(releases, "STATIC", static)
    monkeypatch.setattr(releases, "folder_of", lambda stage: tmp_path / "deploy")
    monkeypatch.setattr(releases, "check_migrations", lambda release: None)
    # Zappa itself deploys in test_whole_shop.py.
    monkeypatch.setattr(releases, "zappa", quick_zappa)
    monkeypatch.setattr(releases, "write_role", lambda stage, settings: None)
    monkeypatch.setattr(accounts, "ROLE_PAUSE", 0)
    monkeypatch.setattr(smoke, "PATIENCE", 0)
    monkeypatch.setattr(smoke, "PAUSE", 0)
    with gateway("aspireclothes-dev") as address:
        made = Deploys(tmp_path, make_stage("dev"), address)
        monkeypatch.setattr(releases, "git", made.git)
        yield made
        made("undeploy", "--yes")
    functions.end_all()
