"""How much of everything a month makes the shop do. Pure arithmetic over the inputs."""

import math
from dataclasses import dataclass

from shop.operations.costs.inputs import DAY, WHOLE_PROCESSOR, Assumptions, Inputs, Request

HOURS = 730
DAYS = HOURS / 24
# What a page view asks of the function, by kind: the page where the edge has none, and /me/ each time.
PAGES = {"home": 0.10, "listing": 0.35, "product": 0.45, "search": 0.10}


@dataclass(frozen=True, slots=True)
class Workload:
    """Of one month. executions_ms: what Lambda bills, summed over all executions."""

    requests: float
    executions: float
    executions_ms: float
    events: float
    mails: float
    queries: float
    database_uses: float
    awake_share: float
    edge_requests: float


def workload(inputs: Inputs) -> Workload:
    """Executions are at least the brief's number; those that nothing here needs are priced like the rest."""
    traffic, assumed, measured = inputs.traffic, inputs.assumed, inputs.measured
    missed = traffic.page_views * (1 - assumed.edge_hits)
    bags = traffic.page_views / assumed.views_a_visit * assumed.visits_with_bag
    placing = float(traffic.orders * assumed.requests_an_order)
    events, mails = traffic.orders * measured.events_an_order, traffic.orders * measured.mails_an_order
    parts = [
        (missed, mean_page(inputs)),
        (float(traffic.page_views), milliseconds(inputs, measured.requests["me"], calls=1)),
        (bags + placing, milliseconds(inputs, measured.requests["bag"], calls=2)),
        (events + mails, milliseconds(inputs, measured.requests["bag"], calls=2)),
        (float(measured.job_runs), assumed.ms_a_call + 2.0),
    ]
    needed = sum(count for count, _ in parts)
    spent = sum(count * each for count, each in parts)
    executions = max(needed, traffic.executions)
    requests = float(traffic.executions) if traffic.literal else missed + traffic.page_views + bags + placing
    # A purchase is one use, and its packing another: requests of one visit keep awake what they woke.
    uses = float(traffic.executions) if traffic.literal else missed + bags + traffic.orders * 2.0
    return Workload(
        requests=requests,
        executions=executions,
        # A share of them meets a process that has to start first.
        executions_ms=executions * spent / needed + executions * assumed.cold_share * assumed.cold_ms,
        events=float(traffic.executions) if traffic.literal else events,
        mails=mails + traffic.accounts,
        queries=requests * measured.requests["product"].queries,
        database_uses=uses,
        awake_share=awake_share(uses, inputs.assumed),
        edge_requests=traffic.page_views * (1 + assumed.files_a_view) + traffic.page_views,
    )


def milliseconds(inputs: Inputs, request: Request, calls: int = 0) -> float:
    """How long Lambda takes, where memory buys the processor: more than was measured, and the waits come on top."""
    assumed = inputs.assumed
    slower = max(1.0, WHOLE_PROCESSOR / assumed.memory_mb)
    return request.cpu_ms * slower + request.queries * assumed.ms_a_query + calls * assumed.ms_a_call


def mean_page(inputs: Inputs) -> float:
    return sum(share * milliseconds(inputs, inputs.measured.requests[name]) for name, share in PAGES.items())


def awake_share(uses: float, assumed: Assumptions) -> float:
    """The share of a month in which the database is awake.

    It is asleep at a moment when nobody used it in the minutes before. Uses that come by chance at a rate leave such a
    gap with the probability exp(-rate x minutes), hour by hour of the day; jobs that wake it each hour count as uses,
    and in the busiest hours staff never leave a gap. People come in bunches, so that it sleeps rather more than that.
    """
    if assumed.awake_hours:
        return min(assumed.awake_hours / HOURS, 1.0)
    whole = sum(DAY)
    rates = [uses / DAYS * weight / whole + assumed.wakes_an_hour for weight in sorted(DAY, reverse=True)]
    shares = [1 - math.exp(-rate * assumed.awake_minutes / 60) for rate in rates]
    staff = min(assumed.staff_hours, len(shares))
    return (staff + sum(shares[staff:])) / len(shares)
