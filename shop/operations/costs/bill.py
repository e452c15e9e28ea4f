"""The bill of a month, line by line. Pure functions; quantities come from the workload or are said to be assumed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from shop.operations.costs.inputs import Assumptions, Inputs, Traffic
from shop.operations.costs.prices import PriceTable, price_table, read
from shop.operations.costs.workload import DAYS, HOURS, Workload, workload

MILLION = 1_000_000
# Of files, which are kept for a year: what the edge asks the buckets for.
FILES_ASKED = 0.03
# The brief has Aurora there.
DATABASE = "RDS or Aurora"
# GB of a database and its backups that RDS has free of charge: as much as the disk, and the smallest disk.
SMALLEST_DISK = 20.0
# Days that infra/backup.yaml keeps its nightly backups, those in the second region, and the database its own.
KEPT_DAYS, COPY_DAYS, OWN_DAYS = 35, 14, 14


@dataclass(frozen=True, slots=True)
class Line:
    """usd: with what is always free taken off. first_year: with the first year's offers too. full: without either.

    price: of one unit. seen: what that was checked against; empty: nothing.
    """

    service: str
    key: str
    what: str
    quantity: float
    unit: str
    full: float
    usd: float
    first_year: float
    price: float
    seen: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service's lines beside the brief's figure (None where it names no sum, or does not name the service)."""

    name: str
    lines: Sequence[Line]
    brief: float | None
    brief_words: str

    @property
    def usd(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def full(self) -> float:
        return sum(line.full for line in self.lines)

    @property
    def first_year(self) -> float:
        return sum(line.first_year for line in self.lines)


@dataclass(frozen=True, slots=True)
class Bill:
    region: str
    as_of: str
    inputs: Inputs
    work: Workload
    services: Sequence[Service]
    brief_total: float

    @property
    def usd(self) -> float:
        return sum(service.usd for service in self.services)

    @property
    def full(self) -> float:
        return sum(service.full for service in self.services)

    @property
    def first_year(self) -> float:
        return sum(service.first_year for service in self.services)

    @property
    def an_order(self) -> float:
        """USD; 0 without orders."""
        orders = self.inputs.traffic.orders
        return self.usd / orders if orders else 0.0

    @property
    def misses(self) -> float:
        """The share of page views that the edge has to ask the shop for."""
        views = self.inputs.traffic.page_views
        return self.work.missed / views if views else 0.0

    @property
    def share_of_brief(self) -> float:
        return self.usd / self.brief_total


def bill(inputs: Inputs, region: str = "us-east-1") -> Bill:
    """Raises KeyError for a region without prices."""
    prices, work = price_table(region), workload(inputs)
    brief = read("brief.json")
    lines = [priced(prices, *each) for each in quantities(inputs, work)]
    names = dict.fromkeys([*brief["lines"], *(line.service for line in lines)])
    services = [
        Service(name, [line for line in lines if line.service == name], *brief["lines"].get(name, (None, "")))
        for name in names
    ]
    return Bill(region, prices.as_of, inputs, work, services, float(brief["total"]))


def priced(prices: PriceTable, service: str, key: str, quantity: float, what: str) -> Line:
    """A quantity in the price's own unit."""
    charged = max(0.0, quantity - prices.always_free.get(key, 0.0))
    later = max(0.0, charged - prices.first_year_free.get(key, 0.0))
    usd = prices.usd[key]
    return Line(
        service,
        key,
        what,
        quantity,
        prices.units[key],
        quantity * usd,
        charged * usd,
        later * usd,
        usd,
        prices.seen.get(key, ""),
    )


def alternatives(inputs: Inputs, region: str = "us-east-1") -> list[tuple[str, float]]:
    """The same month, USD, with one thing changed: what would make it cheaper, and what would not."""
    assumed, traffic = inputs.assumed, inputs.traffic
    aurora = replace(assumed, aurora=True)
    changed = [
        ("Aurora Serverless in place of RDS", replace(inputs, assumed=aurora)),
        ("Aurora, awake for 8 hours on 21 days, as the brief counts", _with(inputs, aurora, awake_hours=8.0 * 21)),
        ("Aurora that never sleeps", _with(inputs, aurora, wakes_an_hour=1e6)),
        ("Aurora for a tenth of the visitors", _visitors(_with(inputs, aurora), 0.1)),
        ("a standby of the database in the other zone", _with(inputs, assumed, standby=True)),
        ("no web application firewall", _with(inputs, assumed, waf=False)),
        ("a NAT gateway in place of the instance", _with(inputs, assumed, nat_gateway=True)),
        ("a reader and an author of QuickSight", _with(inputs, assumed, readers=1, authors=1)),
        ("a shop of 5,000 products", _with(inputs, assumed, products=5000, lists=2000)),
        ("a tenth of the visitors", _visitors(inputs, 0.1)),
        ("ten times the visitors, bytes and orders", _visitors(inputs, 10)),
        (
            "each execution a request and an event, as the brief counts",
            replace(inputs, traffic=replace(traffic, literal=True)),
        ),
    ]
    return [(words, bill(each, region).usd) for words, each in changed]


def _with(inputs: Inputs, assumed: Assumptions, **changes: Any) -> Inputs:
    return replace(inputs, assumed=replace(assumed, **changes))


def _visitors(inputs: Inputs, times: float) -> Inputs:
    """Everything that visitors make, so many times."""
    grown = {each.name: round(getattr(inputs.traffic, each.name) * times) for each in fields(Traffic)}
    return replace(inputs, traffic=Traffic(**{**grown, "literal": inputs.traffic.literal}))


Quantity = tuple[str, str, float, str]


def quantities(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    """Everything that is paid for: service, price, how much of it, and where that comes from."""
    yield from _function(inputs, work)
    yield from _edge(inputs, work)
    yield from _data(inputs, work)
    yield from _messages(inputs, work)
    yield from _network(inputs, work)
    yield from _watching(inputs, work)
    yield from _optional(inputs)


def _function(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    gb_seconds = work.executions_ms / 1000 * inputs.assumed.memory_mb / 1024
    yield "Lambda", "lambda.requests", work.executions / MILLION, "executions"
    yield "Lambda", "lambda.compute", gb_seconds, "measured CPU, queries and calls, cold starts"
    yield "API Gateway", "gateway.requests", work.requests / MILLION, "what the edge does not answer itself"


def _edge(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    yield "CloudFront", "cloudfront.transfer", float(inputs.traffic.gigabytes), "the brief's"
    yield "CloudFront", "cloudfront.requests", work.edge_requests / MILLION, "pages, /me/ and files"
    yield "CloudFront", "cloudfront.purges", inputs.traffic.orders * inputs.assumed.purges_an_order, "assumed an order"
    if inputs.assumed.waf:
        yield from _firewall(inputs, work)
    yield "S3", "s3.storage", inputs.assumed.files_gb, "pictures, files, exports, packages"
    yield "S3", "s3.reads", work.edge_requests * FILES_ASKED / 1000, "files that the edge lacks"
    yield "S3", "s3.writes", 5.0, "deploys and pictures"
    yield "Route 53", "route53.zone", 1.0, ""
    yield "Route 53", "route53.queries", inputs.traffic.page_views / MILLION, "one a view; aliases are free"


def _firewall(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    yield "WAF and Shield", "waf.acl", 1.0, "in front of CloudFront; Shield Standard is free"
    yield "WAF and Shield", "waf.rule", float(inputs.assumed.waf_rules), "infra/firewall.yaml"
    yield "WAF and Shield", "waf.requests", work.edge_requests / MILLION, "all that reaches the edge"


def _data(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    jobs = inputs.measured.job_runs / MILLION
    yield from (_aurora if inputs.assumed.aurora else _rds)(inputs.assumed, work)
    yield from _backups(inputs.assumed)
    bags = inputs.traffic.page_views / inputs.assumed.views_a_visit * 2 / MILLION
    uses = work.database_uses / MILLION
    yield "DynamoDB", "dynamodb.writes", bags + uses, "bags, activity, notes of use"
    yield "DynamoDB", "dynamodb.reads", bags + inputs.traffic.page_views / MILLION + jobs, "bags, and a read a job"
    yield "DynamoDB", "dynamodb.storage", 1.0, ""
    yield "DynamoDB", "dynamodb.pitr", 1.0, "point in time recovery"


def _aurora(assumed: Assumptions, work: Workload) -> Iterator[Quantity]:
    machines = 2 if assumed.standby else 1
    hours = work.awake_share * HOURS * assumed.capacity_awake * machines
    yield DATABASE, "aurora.capacity", hours, f"awake {work.awake_share:.0%} of {HOURS} hours"
    yield DATABASE, "aurora.storage", assumed.database_gb, ""
    yield DATABASE, "aurora.io", work.queries * 0.1 / MILLION, "a tenth of the queries miss its memory"


def _rds(assumed: Assumptions, work: Workload) -> Iterator[Quantity]:
    machines = 2 if assumed.standby else 1
    yield DATABASE, "rds.t4g_micro", float(HOURS * machines), "always awake"
    yield DATABASE, "rds.storage", max(SMALLEST_DISK, assumed.database_gb * 1.5) * machines, "20 GB are the least"


def _backups(assumed: Assumptions) -> Iterator[Quantity]:
    """Aurora's copies are whole ones, RDS's hold what changed, and as much as its disk is free of charge."""
    size, changed = assumed.database_gb, assumed.changed_gb
    if assumed.aurora:
        here, copies, sent = (KEPT_DAYS - OWN_DAYS) * size, COPY_DAYS * size, DAYS * size
        yield "Backups", "backup.aurora", here + copies, "nights beyond its own 14, and copies in another region"
    else:
        here, copies = max(0.0, KEPT_DAYS * changed + size - SMALLEST_DISK), size + COPY_DAYS * changed
        sent = DAYS * changed
        yield "Backups", "backup.rds", here + copies, "what is not free, and copies in another region"
    yield "Backups", "backup.s3", assumed.media_gb * 2, "pictures, here and there"
    yield "Backups", "transfer.regions", sent, "to the other region"


def _messages(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    polls = 3 * 5 * 3 * 60 * HOURS / MILLION
    yield "EventBridge", "events.published", work.events / MILLION, "those an order makes"
    yield "EventBridge", "events.archived", work.events * inputs.assumed.events_kb / MILLION, ""
    yield "SQS", "sqs.requests", polls + work.events * 3 / MILLION, "three queues asked by Lambda all day, and messages"
    yield "SNS", "sns.published", inputs.traffic.orders / MILLION, "notices to staff"
    yield "SES", "ses.mails", work.mails / 1000, "those an order makes, and one an account"
    yield "Cognito", "cognito.users", float(inputs.traffic.accounts), "if it keeps the accounts"


def _network(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    name = "Network (NAT, VPC)"
    out = inputs.traffic.orders * 0.0001 + work.events * inputs.assumed.events_kb / MILLION
    if inputs.assumed.nat_gateway:
        yield name, "nat.gateway", float(HOURS), "one, in one zone"
        yield name, "nat.gateway_gb", out, ""
    else:
        yield name, "nat.instance", float(HOURS), "adr 22"
        yield name, "nat.disk", 8.0, ""
    yield name, "ipv4.address", float(HOURS), "either way out needs one"
    yield name, "transfer.out", out, "to payment providers and carriers"


def _watching(inputs: Inputs, work: Workload) -> Iterator[Quantity]:
    assumed = inputs.assumed
    yield "CloudWatch and X-Ray", "cloudwatch.alarm", float(assumed.alarms), "infra/*.yaml"
    yield "CloudWatch and X-Ray", "cloudwatch.metric", float(assumed.metrics), ""
    yield "CloudWatch and X-Ray", "cloudwatch.logs", work.executions * assumed.log_bytes / 1e9, "a line an execution"
    yield "CloudWatch and X-Ray", "xray.traces", work.traces / MILLION, "each job, one request in twenty"
    yield "Secrets and keys", "secrets.kept", float(assumed.secrets), "the shop's and the database's"
    cold = work.executions * assumed.cold_share
    yield "Secrets and keys", "secrets.calls", cold * assumed.secrets / 10_000, "at each cold start"
    yield "Secrets and keys", "kms.key", float(assumed.keys), "of the topics"
    yield "Secrets and keys", "kms.calls", cold / 10_000, ""


def _optional(inputs: Inputs) -> Iterator[Quantity]:
    assumed = inputs.assumed
    yield "AppSync", "appsync.queries", assumed.graphql_queries / MILLION, "none unless apps ask"
    yield "QuickSight", "quicksight.reader", float(assumed.readers), "none unless wanted"
    yield "QuickSight", "quicksight.author", float(assumed.authors), "none unless wanted"
