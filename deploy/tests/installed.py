"""The locked libraries without an index: out of the environment that runs the tests."""

import importlib.metadata
import shutil
from pathlib import Path

from deploy import package
from deploy.package import made


def copy_installed(site: Path) -> None:
    """An Installer. Raises RuntimeError where one is installed in another version than the locked one."""
    for name, version in package.locked():
        found = importlib.metadata.distribution(name)
        if found.version != version:
            raise RuntimeError(f"{name} {version} is locked, but {found.version} is installed")
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                made((site / file).parent)
                shutil.copy(file.locate(), site / file)
