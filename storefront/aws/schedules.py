"""Jobs by the clock: zappa_settings.json has a schedule for each job of storefront/scheduled.py; its kwargs name it.

Zappa wants a `function` for each schedule, which nobody reads here. It is short since Zappa puts it into the rule's
name, and puts a hash before names of 64 characters, which the deployer's rights do not know.
"""

from typing import TYPE_CHECKING, Any

from shop.core.logs import bound
from storefront.aws import sleep
from storefront.aws.refusals import Refused

if TYPE_CHECKING:
    from storefront.scheduled import Job

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def run(event: dict[str, Any]) -> dict[str, str]:
    """Do the job that the schedule names, unless the database sleeps and may go on sleeping.

    Raises Refused for one that is not listed, and what the job raises.
    """
    kwargs = event.get("kwargs")
    name = kwargs.get("job") if isinstance(kwargs, dict) else None
    if not isinstance(name, str):
        raise Refused("a schedule that names no job")
    job = job_named(name)
    if sleep.may_sleep(job):
        return {"job": name, "slept": "yes"}
    with bound(job=name):
        sleep.run(job)
    return {"job": name}


def job_named(name: str) -> "Job":
    """The job of that name. Raises Refused."""
    # Jobs need the models, which are there only once Django is set up; and pages do without most jobs.
    from storefront.scheduled import JOBS  # noqa: PLC0415

    for job in JOBS:
        if job.name == name:
            return job
    raise Refused(f"no job is called {name[:100]!r}")


def expression(every: int) -> str:
    """EventBridge's words for that many seconds; it goes by the minute, so what is meant for more often is done so."""
    seconds = max(every, 60)
    size, unit = next(each for each in UNITS if seconds % each[0] == 0)
    count = seconds // size
    return f"rate({count} {unit}{'s' if count > 1 else ''})"
