"""All checks, one after the other: what they find becomes alerts, and alerts of what they no longer find are closed."""

from itertools import islice

from shop.alerts.models import Alert
from shop.alerts.services import raise_alert
from shop.checkout.rounds import Progress, Round, silent
from shop.checkout.sentinel import backups, invoices, money, orders, packing, parcels, running, stock, supplies
from shop.checkout.sentinel.finding import Check, Finding
from shop.core.locks import only_one

PARTS = (stock, supplies, packing, parcels, money, orders, invoices, running, backups)
CHECKS: tuple[Check, ...] = tuple(check for part in PARTS for check in part.CHECKS)
# When everything is wrong at once, so many of a kind are enough to begin with.
MOST = 50


def sentinel(progress: Progress = silent) -> Round:
    """Ask everything; the findings are the run's failures. A check that itself fails is one too, the others go on."""
    run = Round(progress)
    with only_one("sentinel") as mine:
        if mine:
            run.each("checks", CHECKS, lambda check: ask(run, check), lambda check: check.words)
        run.busy = not mine
    return run


def ask(run: Round, check: Check) -> None:
    """Ask one thing of the whole shop."""
    found = list(islice(check.find(), MOST + 1))
    if len(found) > MOST:
        found[MOST:] = [more(check)]
    for finding in found:
        tell(check, finding)
        run.failures.append(finding.title)
    close_settled(check, found)
    run.progress(f"  {len(found)} found" if found else "  all well")


def tell(check: Check, finding: Finding) -> None:
    raise_alert(
        key=f"{check.prefix}{finding.subject}",
        title=finding.title,
        advice=finding.advice,
        order_id=finding.order_id,
        area=check.area,
    )


def close_settled(check: Check, found: list[Finding]) -> None:
    """What this run did not find any more is settled; not when it stopped counting."""
    if len(found) <= MOST:
        still = [f"{check.prefix}{finding.subject}" for finding in found]
        Alert.objects.filter(key__startswith=check.prefix).exclude(key__in=still).close()


def more(check: Check) -> Finding:
    """There are too many to name."""
    return Finding(
        "more",
        f"More than {MOST} differences: not all are {check.words}",
        "So many at once have one cause. Find it with whoever looks after the code before working on single ones.",
    )
