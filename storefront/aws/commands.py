"""`make manage STAGE=… COMMAND="command arguments"`: the few commands that a deploy or somebody on duty needs.

A list, since Django's own `shell -c` would run whatever a message says.
"""

import io
import logging
import shlex
from typing import Any

from django.core.management import call_command

from storefront.aws.refusals import Refused

ALLOWED = (
    *("check", "migrate", "purge_edge", "reconcile", "release", "restore_drill", "roles", "sentinel"),
    *("showmigrations", "tax_rates"),
)

logger = logging.getLogger(__name__)


class CommandFailed(Exception):
    """The command said no, or broke off; with what it had written until then."""


def run(event: dict[str, Any]) -> dict[str, str]:
    """Run the command; what it wrote is logged and returned. Raises Refused or CommandFailed."""
    name, *arguments = words(event["manage"])
    if name not in ALLOWED:
        raise Refused(f"{name[:100]!r} is none of the commands that may be run here: {', '.join(ALLOWED)}")
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out, stderr=out, no_color=True)
    except (Exception, SystemExit) as error:
        # SystemExit would end the whole function.
        logger.error("manage %s failed: %s\n%s", name, error, out.getvalue())
        raise CommandFailed(f"{name}: {error}\n{out.getvalue()}") from error
    logger.info("manage %s\n%s", name, out.getvalue())
    return {"command": name, "output": out.getvalue()}


def words(line: Any) -> list[str]:
    """The command and its arguments, as a shell parts them. Raises Refused."""
    if not isinstance(line, str):
        raise Refused("a command is a text")
    try:
        parts = shlex.split(line)
    except ValueError as error:
        raise Refused(f"a command that cannot be read: {error}") from error
    if not parts:
        raise Refused("no command")
    return parts
