"""Deploys of one stage after each other, for tests."""

from pathlib import Path

from deploy import release as releases
from deploy.account import Account

FIRST, SECOND, THIRD = "a" * 40, "b" * 40, "c" * 40


class Deploys:
    """Runs `make deploy` on the stage dev, for one commit after the other."""

    def __init__(self, place: Path, values: dict[str, str], address: str) -> None:
        self.place, self.values, self.address = place, values, address
        self.commit, self.changed = FIRST, ""
        self.account = Account("dev", values["DEPLOY_BUCKET"])

    def git(self, *command: str) -> str:
        return self.changed if command[0] == "status" else self.commit

    def __call__(self, action: str, *more: str, package: Path | None = None, commit: str = "") -> int:
        self.commit = commit or self.commit
        chosen = ["--package", str(package)] if package else []
        return releases.main([action, "dev", "--address", self.address, *chosen, *more])

    def live(self) -> str:
        found = self.account.live()
        return found["Environment"]["Variables"]["BUILD_ID"] if found else ""
