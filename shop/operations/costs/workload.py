"""How much of everything a month makes the shop do. Pure arithmetic over the inputs."""

import math
from dataclasses import dataclass

from shop.operations.costs.inputs import DAY, WHOLE_PROCESSOR, Assumptions, Inputs, Request

HOURS = 730
DAYS = HOURS / 24
# What a page view asks of the function, by kind: the page where the edge has none, and /me/ each time.
PAGES = {"home": 0.10, "listing": 0.35, "product": 0.45, "search": 0.10}
# How often a day the edge asks anew for a page of each kind that is in use: what its s-maxage comes to.
KEPT_TIMES = {"home": 96, "listing": 1, "product": 2}
# The hour in which staff begin to work.
OPENS = 9


@dataclass(frozen=True, slots=True)
class Workload:
    """Of one month. executions_ms: what Lambda bills, summed over all executions."""

    requests: float
    executions: float
    executions_ms: float
    events: float
    mails: float
    queries: float
    missed: float
    database_uses: float
    awake_share: float
    traces: float
    edge_requests: float


def workload(inputs: Inputs) -> Workload:
    """Executions are at least the brief's number; those that nothing here needs are priced like the rest."""
    traffic, assumed, measured = inputs.traffic, inputs.assumed, inputs.measured
    missed = edge_misses(inputs)
    bags = max(traffic.page_views / assumed.views_a_visit * assumed.visits_with_bag, float(traffic.orders))
    placing = float(traffic.orders * assumed.requests_an_order)
    events, mails = traffic.orders * assumed.events_an_order, traffic.orders * assumed.mails_an_order
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
    single = float(traffic.executions) if traffic.literal else missed
    return Workload(
        requests=requests,
        executions=executions,
        # A share of them meets a process that has to start first.
        executions_ms=executions * spent / needed + executions * assumed.cold_share * assumed.cold_ms,
        events=float(traffic.executions) if traffic.literal else events,
        mails=mails + traffic.accounts,
        queries=requests * measured.requests["product"].queries,
        missed=missed,
        database_uses=single + bags,
        awake_share=awake_share(single, bags, assumed) if assumed.aurora else 1.0,
        traces=measured.job_runs + (executions - min(executions, measured.job_runs)) * assumed.traced_share,
        edge_requests=traffic.page_views * (1 + assumed.files_a_view) + traffic.page_views,
    )


def milliseconds(inputs: Inputs, request: Request, calls: int = 0) -> float:
    """How long Lambda takes, where memory buys the processor: more than was measured, and the waits come on top."""
    assumed = inputs.assumed
    slower = max(1.0, WHOLE_PROCESSOR / assumed.memory_mb)
    return request.cpu_ms * slower + request.queries * assumed.ms_a_query + calls * assumed.ms_a_call


def mean_page(inputs: Inputs) -> float:
    return sum(share * milliseconds(inputs, inputs.measured.requests[name]) for name, share in PAGES.items())


def edge_misses(inputs: Inputs) -> float:
    """Page views a month that the edge has to ask the shop for.

    It asks once for each page in each span that it keeps it for, if anybody wants the page then: with visitors by
    chance that is 1 - exp(-views of that page in the span), summed over the pages. Views fall on pages by Zipf's law:
    the n-th gets one n-th of the first's. Of searches a share is new each day. Each place
    of the edge asks for itself.
    """
    assumed = inputs.assumed
    views = inputs.traffic.page_views / DAYS / assumed.edge_places
    pages = {"home": 1, "listing": assumed.lists, "product": assumed.products}
    asked = sum(times * first_views(views * PAGES[kind] / times, pages[kind]) for kind, times in KEPT_TIMES.items())
    return (asked + views * PAGES["search"] * assumed.new_searches) * DAYS * assumed.edge_places


def first_views(views: float, pages: int) -> float:
    """How many of so many pages are wanted at least once by so many views."""
    whole = sum(1 / rank for rank in range(1, pages + 1))
    return sum(1 - math.exp(-views / rank / whole) for rank in range(1, pages + 1))


def awake_share(single: float, visits: float, assumed: Assumptions) -> float:
    """The share of a month in which Aurora is awake. single: uses that last a moment; visits: those with a bag.

    It sleeps at a moment that nothing covers: no use in the minutes before that it waits, no visit going on or over for
    less than these. What comes by chance leaves a moment uncovered with the probability exp(-(sum of each kind's rate
    x the minutes it covers)), hour by hour of the day. Jobs that wake it count as uses; while staff work it is awake.
    """
    if assumed.awake_hours:
        return min(assumed.awake_hours / HOURS, 1.0)
    waits = assumed.awake_minutes / 60
    stays = waits + assumed.visit_minutes / 60
    a_weight = 1 / DAYS / sum(DAY)
    covered = [
        (single * weight * a_weight + assumed.wakes_an_hour) * waits + visits * weight * a_weight * stays
        for weight in DAY
    ]
    staff = {(OPENS + hour) % len(DAY) for hour in range(min(assumed.staff_hours, len(DAY)))}
    return sum(1.0 if hour in staff else 1 - math.exp(-each) for hour, each in enumerate(covered)) / len(DAY)
