"""The bill in words, for a terminal."""

from collections.abc import Iterator
from typing import Any

from shop.operations.costs.bill import Bill, Service, alternatives

ROW = "{:<26}{:>12}{:>12}{:>14}{:>14}"


def words(found: Bill) -> Iterator[str]:
    """A line each: services beside the brief's figures, the sum, and what would change it."""
    traffic = found.inputs.traffic
    yield (
        f"A month of {traffic.page_views:,} page views, {traffic.accounts:,} accounts, {traffic.orders:,} orders, "
        f"{traffic.executions:,} executions, {traffic.gigabytes:,} GB; {found.region}, prices as of {found.as_of}, USD"
    )
    yield ROW.format("", "the brief", "this shop", "no free tier", "first year")
    for service in found.services:
        figures = (f"{usd:.2f}" for usd in (service.usd, service.full, service.first_year))
        yield ROW.format(service.name, in_brief(service), *figures)
    yield ROW.format(
        "Sum", f"{found.brief_total:.2f}", *(f"{u:.2f}" for u in (found.usd, found.full, found.first_year))
    )
    yield f"{found.share_of_brief:.1%} of the brief's sum (the goal is 33.3%, at best 25%)"
    yield f"{found.an_order:.3f} an order"
    engine = "Aurora Serverless" if found.inputs.assumed.aurora else "RDS"
    yield f"The database ({engine}) is awake {found.work.awake_share:.0%} of the time."
    yield f"Of the page views {found.misses:.0%} reach the shop, the edge answers the rest."
    yield f"The brief's own lines add up to {brief_lines(found):.2f}."
    yield "The same month, changed in one thing:"
    for change, usd in alternatives(found.inputs, found.region):
        yield f"{usd:>12.2f}  {change}"
    yield f"Measured {found.inputs.measured.at}: {found.inputs.measured.how}"


def in_brief(service: Service) -> str:
    """The brief's figure; "-" where it names no sum."""
    return "-" if service.brief is None else f"{service.brief:.2f}"


def brief_lines(found: Bill) -> float:
    """What the brief's lines come to; it says 125."""
    return sum(service.brief or 0 for service in found.services)


def lines(found: Bill) -> Iterator[str]:
    """Each line with its quantity, price unit and where the quantity comes from."""
    for service in found.services:
        if service.brief_words:
            yield f"{in_brief(service):>10}  {service.name} in the brief: {service.brief_words}"
        for line in service.lines:
            why = f" ({line.what})" if line.what else ""
            yield f"{line.usd:>10.2f}  {service.name}: {line.quantity:,.4g} {line.unit} at {line.price:g}{why}"
            yield f"{'':>12}{f'price seen: {line.seen}' if line.seen else 'price from memory'}"


def as_data(found: Bill) -> dict[str, Any]:
    """For --json."""
    return {
        "region": found.region,
        "prices_as_of": found.as_of,
        "usd": round(found.usd, 2),
        "no_free_tier": round(found.full, 2),
        "first_year": round(found.first_year, 2),
        "brief": found.brief_total,
        "share_of_brief": round(found.share_of_brief, 4),
        "an_order": round(found.an_order, 4),
        "awake_share": round(found.work.awake_share, 4),
        "services": {service.name: round(service.usd, 2) for service in found.services},
        "alternatives": {change: round(usd, 2) for change, usd in alternatives(found.inputs, found.region)},
    }
