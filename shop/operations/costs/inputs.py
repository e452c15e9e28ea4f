"""What a month's bill is made of: the traffic, what was measured of the shop, and what can only be assumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import TypeVar

from shop.core.errors import ShopError
from shop.operations.costs.prices import read

# What Lambda gives a whole processor's time for (MB).
WHOLE_PROCESSOR = 1769
# Each hour's share of a day's visitors, in hundredths of a per cent from midnight: quiet nights, busy evenings.
NIGHT, MORNING = (130, 80, 50, 40, 40, 60), (130, 260, 400, 480, 530, 560)
AFTERNOON, EVENING = (600, 580, 550, 540, 560, 600), (680, 780, 830, 760, 510, 250)
DAY = (*NIGHT, *MORNING, *AFTERNOON, *EVENING)

MOST = 10_000_000_000
SHARES = ("new_searches", "visits_with_bag", "cold_share", "traced_share")
AT_LEAST_ONE = ("views_a_visit", "memory_mb", "edge_places")
# Each of these is looked at by itself.
COUNTED, MOST_COUNTED = ("products", "lists"), 100_000


@dataclass(frozen=True, slots=True)
class Traffic:
    """A month. The first four are the brief's; orders are assumed. `literal`: each execution is a request through the
    gateway that needs the database, and an event on the bus, as the brief counts them."""

    page_views: int = 100_000
    accounts: int = 1_000
    executions: int = 5_000_000
    gigabytes: int = 200
    orders: int = 500
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nothing here can measure. Shares are of one."""

    products: int = 200  # pages of products, and of lists with the filters that are in use:
    lists: int = 150  # the edge asks for each once while it keeps it
    new_searches: float = 0.3  # share of searches that nobody made on that day
    edge_places: int = 2  # of CloudFront's regional caches, each of which asks for itself
    views_a_visit: int = 8
    files_a_view: int = 19  # styles, scripts, pictures: the brief's 2,000,000 requests less the pages
    events_an_order: float = 6.0  # placed, paid, packed, sent, delivered (docs/events.md), and one of its stock
    mails_an_order: float = 4.0  # it is confirmed, sent and delivered, and a review is asked for
    visits_with_bag: float = 0.08  # these ask the database for themselves
    requests_an_order: int = 8  # bag, checkout, placing, the way back, webhook, the order's page
    purges_an_order: float = 1.0  # paths at the edge
    staff_hours: int = 3  # a day, in which staff keep the database awake
    memory_mb: int = 1024
    ms_a_query: float = 1.5  # on the way to the database and back
    ms_a_call: float = 8.0  # to another service of AWS
    cold_share: float = 0.01
    cold_ms: float = 1200.0
    visit_minutes: float = 10.0  # of a visit with a bag: no longer without a use than Aurora waits
    # From the last use until Aurora pauses: one or two minutes of jobs, one of a connection that is kept, five idle.
    awake_minutes: float = 7.5
    wakes_an_hour: float = 1.0  # by jobs that run whatever sleeps
    awake_hours: float = 0.0  # a month; 0: worked out from the uses
    capacity_awake: float = 0.5  # ACU
    aurora: bool = False  # Aurora Serverless in place of a db.t4g.micro that never sleeps (Engine in infra/data.yaml)
    standby: bool = False  # a second machine for the database, in the other zone (Reader in infra/data.yaml)
    database_gb: float = 2.0
    changed_gb: float = 0.1  # of the database, a day
    media_gb: float = 2.0  # the part of the files that has backups
    files_gb: float = 5.0
    log_bytes: int = 800  # an execution
    events_kb: float = 1.0
    nat_gateway: bool = False
    waf: bool = True
    waf_rules: int = 4
    traced_share: float = 0.05  # of requests (TraceShare in infra/observability.yaml); jobs all are
    alarms: int = 17
    metrics: int = 10
    secrets: int = 2
    keys: int = 1
    readers: int = 0
    authors: int = 0
    graphql_queries: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """What answering one costs. cpu_ms: of this machine's processor."""

    cpu_ms: float
    queries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What `manage.py cost --measure` found, and how."""

    how: str
    at: str
    requests: Mapping[str, Request]
    job_runs: int


Kind = TypeVar("Kind", Traffic, Assumptions)


@lru_cache(maxsize=1)
def measured() -> Measured:
    """The file as the last measurement wrote it."""
    told = read("measured.json")
    requests = {name: Request(**each) for name, each in told.pop("requests").items()}
    return Measured(requests=requests, **told)


@dataclass(frozen=True, slots=True)
class Inputs:
    traffic: Traffic = field(default_factory=Traffic)
    assumed: Assumptions = field(default_factory=Assumptions)
    measured: Measured = field(default_factory=measured)


def parameters(kind: type[Traffic] | type[Assumptions]) -> dict[str, type]:
    """The names of what can be changed, with their types."""
    return {each.name: type(each.default) for each in fields(kind)}


def sound(given: Kind) -> Kind:
    """The same; raises ShopError, naming the parameter, for what no month has."""
    for name, value in vars_of(given).items():
        label = name.replace("_", " ")
        if isinstance(value, bool):
            continue
        if not 0 <= value <= MOST:
            raise ShopError(f"{label} has to be between 0 and {MOST:,}.")
        if name in COUNTED and value > MOST_COUNTED:
            raise ShopError(f"{label} has to be at most {MOST_COUNTED:,}.")
        if name in SHARES and value > 1:
            raise ShopError(f"{label} is a share: between 0 and 1.")
        if name in AT_LEAST_ONE and value < 1:
            raise ShopError(f"{label} has to be at least 1.")
    return given


def vars_of(given: Traffic | Assumptions) -> dict[str, float]:
    return {each.name: getattr(given, each.name) for each in fields(given)}
