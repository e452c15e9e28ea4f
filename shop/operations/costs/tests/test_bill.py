"""The bill's arithmetic, on figures that are easy to check by hand."""

import json
from dataclasses import fields, replace
from math import exp, isclose

import pytest

from infra import load
from shop.core.errors import ShopError
from shop.operations.costs import table
from shop.operations.costs.bill import COPY_DAYS, DATABASE, KEPT_DAYS, OWN_DAYS, Bill, alternatives, bill, priced
from shop.operations.costs.inputs import DAY, Assumptions, Inputs, Measured, Request, Traffic, sound
from shop.operations.costs.prices import REGIONS, price_table, read
from shop.operations.costs.workload import awake_share, edge_misses, first_views, milliseconds, workload

PAGE = Request(cpu_ms=10, queries=4, bytes=9000)
MEASURED = Measured(
    how="by hand",
    at="2026-11-23",
    requests=dict.fromkeys(("home", "listing", "product", "search", "me", "bag"), PAGE),
    job_runs=300_000,
)
SIMPLE = Inputs(Traffic(), Assumptions(), MEASURED)


def with_assumed(**changes: object) -> Inputs:
    return replace(SIMPLE, assumed=replace(SIMPLE.assumed, **changes))  # type: ignore[arg-type]


def service(found: Bill, name: str) -> float:
    return next(each.usd for each in found.services if each.name == name)


def test_a_line_is_quantity_times_price_less_what_is_free() -> None:
    line = priced(price_table("us-east-1"), "API Gateway", "gateway.requests", 5.0, "")
    assert (line.full, line.usd, line.first_year) == (17.5, 17.5, 14.0)
    line = priced(price_table("us-east-1"), "Lambda", "lambda.requests", 5.0, "")
    assert (round(line.full, 6), round(line.usd, 6), round(line.first_year, 6)) == (1.0, 0.8, 0.8)
    assert priced(price_table("us-east-1"), "Lambda", "lambda.requests", 0.5, "").usd == 0


def test_every_sum_is_that_of_its_lines() -> None:
    found = bill(SIMPLE)
    lines = [line for each in found.services for line in each.lines]
    assert isclose(found.usd, sum(line.usd for line in lines)) and found.usd <= found.full
    assert found.first_year <= found.usd
    assert isclose(found.an_order, found.usd / 500) and isclose(found.share_of_brief, found.usd / 125)


def test_no_orders_cost_nothing_each() -> None:
    assert bill(replace(SIMPLE, traffic=replace(SIMPLE.traffic, orders=0))).an_order == 0


def test_lambda_is_billed_for_what_memory_slows_down_and_for_waits() -> None:
    half = with_assumed(memory_mb=1769)
    assert milliseconds(half, PAGE) == 10 + 4 * 1.5
    assert isclose(milliseconds(with_assumed(memory_mb=1024), PAGE, calls=2), 10 * 1769 / 1024 + 6 + 16)
    # More memory than a whole processor makes nothing faster here.
    assert milliseconds(with_assumed(memory_mb=4096), PAGE) == 16


def test_executions_are_the_briefs_or_more_where_the_shop_needs_more() -> None:
    assert workload(SIMPLE).executions == 5_000_000
    few = replace(SIMPLE, traffic=replace(SIMPLE.traffic, executions=0))
    missed = edge_misses(few)
    assert isclose(workload(few).executions, missed + 100_000 + 1_000 + 4_000 + 5_000 + 300_000)
    assert isclose(workload(few).requests, missed + 100_000 + 1_000 + 4_000)


def test_the_edge_asks_once_for_each_page_that_is_wanted_in_each_span_that_it_keeps_it() -> None:
    # Zipf over two pages: the first gets two thirds of the views.
    assert isclose(first_views(3, 2), (1 - exp(-2)) + (1 - exp(-1)))
    assert isclose(first_views(10**9, 50), 50) and first_views(0, 50) == first_views(5, 0) == 0
    one = with_assumed(products=10, lists=10, new_searches=0, edge_places=1)
    busy = replace(one, traffic=replace(one.traffic, page_views=10**8))
    assert isclose(edge_misses(busy), (10 * 2 + 10 + 96) * 730 / 24)
    places = replace(busy, assumed=replace(busy.assumed, edge_places=4))
    assert isclose(edge_misses(places), 4 * edge_misses(busy))
    searched = replace(one, assumed=replace(one.assumed, new_searches=1))
    assert isclose(edge_misses(searched) - edge_misses(one), 10_000)
    assert edge_misses(SIMPLE) < edge_misses(with_assumed(products=5000)) < 100_000


def test_aurora_is_awake_as_chance_leaves_no_gap() -> None:
    still = Assumptions(staff_hours=0, wakes_an_hour=0)
    assert awake_share(0, 0, still) == 0
    assert awake_share(0, 0, replace(still, staff_hours=6)) == 0.25
    assert awake_share(0, 0, replace(still, staff_hours=99)) == 1
    assert isclose(awake_share(0, 0, replace(still, wakes_an_hour=2, awake_minutes=6)), 1 - exp(-0.2))
    some, more = awake_share(3000, 0, still), awake_share(30_000, 0, still)
    assert 0 < some < more < 1 and awake_share(10**9, 0, still) > 0.999
    assert sum(DAY) == 10_000 and len(DAY) == 24


def test_a_visit_keeps_aurora_awake_as_long_as_it_lasts_and_then_as_long_as_it_waits() -> None:
    still = Assumptions(staff_hours=0, wakes_an_hour=0, awake_minutes=6, visit_minutes=12)
    # An hour of the day with a hundredth of the visitors has this many visits.
    rates = [300 * weight / 10_000 for weight in DAY]
    by_hand = sum(1 - exp(-rate * 18 / 60) for rate in rates) / 24
    assert isclose(awake_share(0, 300 * 730 / 24, still), by_hand)
    assert isclose(awake_share(300 * 730 / 24, 0, replace(still, awake_minutes=18)), by_hand)


def test_aurora_that_is_used_more_costs_more_and_never_above_being_always_awake() -> None:
    quiet, busy = bill(with_assumed(aurora=True, products=5)), bill(with_assumed(aurora=True, edge_places=9))
    most = 730 * 0.5 * 0.12 + 2 * 0.10 + 1
    assert service(quiet, DATABASE) < service(busy, DATABASE) < most


def test_hours_awake_that_are_given_are_not_worked_out() -> None:
    assert isclose(awake_share(1e6, 1e6, replace(SIMPLE.assumed, awake_hours=168)), 168 / 730)
    assert awake_share(0, 0, replace(SIMPLE.assumed, awake_hours=9000)) == 1


def test_the_briefs_month_costs_a_third_of_its_sum_at_most_and_aurora_is_what_it_would_not_bear() -> None:
    assert bill(Inputs()).share_of_brief < 1 / 3
    aurora = dict(alternatives(Inputs()))["Aurora Serverless in place of RDS"]
    assert aurora > bill(Inputs()).usd + 20


def test_copies_of_aurora_are_whole_and_those_of_rds_hold_what_changed() -> None:
    sizes = {"database_gb": 30, "changed_gb": 1, "media_gb": 0}
    whole = service(bill(with_assumed(aurora=True, **sizes)), "Backups")
    assert isclose(whole, (21 + 14) * 30 * 0.021 + 730 / 24 * 30 * 0.02)
    changes = service(bill(with_assumed(**sizes)), "Backups")
    assert isclose(changes, (35 + 30 - 20 + 30 + 14) * 0.095 + 730 / 24 * 0.02)
    assert isclose(service(bill(with_assumed(media_gb=3)), "Backups") - service(bill(SIMPLE), "Backups"), 0.1)


def test_each_job_is_traced_and_a_share_of_the_rest() -> None:
    assert isclose(workload(SIMPLE).traces, 300_000 + 4_700_000 * 0.05)


def test_what_the_bill_takes_the_stacks_to_be_is_what_they_are_by_themselves() -> None:
    data, watching = (load.template(stack)["Parameters"] for stack in ("data", "observability"))
    assert (data["Engine"]["Default"] == "aurora") is Assumptions().aurora
    assert (data["Reader"]["Default"] == "yes") is Assumptions().standby
    assert data["InstanceClass"]["Default"] == "db.t4g.micro"
    assert watching["TraceShare"]["Default"] == Assumptions().traced_share
    backup = load.template("backup")["Parameters"]
    days = (backup["KeepDays"]["Default"], backup["CopyDays"]["Default"], data["BackupDays"]["Default"])
    assert days == (KEPT_DAYS, COPY_DAYS, OWN_DAYS)


def test_rules_and_alarms_are_as_many_as_the_stacks_make() -> None:
    made = [each for stack in load.STACKS for each in load.resources(stack, "production").values()]
    (firewall,) = [each for each in made if each.type == "AWS::WAFv2::WebACL"]
    assert Assumptions().waf_rules == len(firewall.properties["Rules"])
    assert Assumptions().alarms == sum(each.type == "AWS::CloudWatch::Alarm" for each in made)


def test_each_choice_costs_what_it_says() -> None:
    plain = bill(SIMPLE)
    gateway = bill(with_assumed(nat_gateway=True))
    assert isclose(service(plain, "Network (NAT, VPC)"), 730 * 0.0042 + 8 * 0.08 + 730 * 0.005)
    assert isclose(service(gateway, "Network (NAT, VPC)"), 730 * 0.045 + 730 * 0.005, abs_tol=0.01)
    assert isclose(service(bill(with_assumed(waf=False)), "WAF and Shield"), 0)
    assert isclose(service(plain, DATABASE), 730 * 0.016 + 20 * 0.115)
    assert isclose(service(bill(with_assumed(standby=True)), DATABASE), 2 * (730 * 0.016 + 20 * 0.115))
    assert isclose(service(bill(with_assumed(readers=1, authors=1)), "QuickSight"), 27)


def test_the_briefs_own_reading_makes_every_execution_a_request_and_an_event() -> None:
    literal = bill(replace(SIMPLE, traffic=replace(SIMPLE.traffic, literal=True)))
    assert isclose(service(literal, "API Gateway"), 17.5)
    assert service(literal, "EventBridge") > 5
    awake = replace(literal.inputs, assumed=replace(literal.inputs.assumed, aurora=True))
    assert bill(awake).work.awake_share > 0.99


def test_the_alternatives_are_bills_themselves() -> None:
    found = dict(alternatives(SIMPLE))
    assert isclose(found["no web application firewall"], bill(with_assumed(waf=False)).usd)
    assert found["no web application firewall"] < bill(SIMPLE).usd < found["Aurora Serverless in place of RDS"]
    assert found["a tenth of the visitors"] < bill(SIMPLE).usd < found["ten times the visitors, bytes and orders"]


def test_both_regions_have_every_price_and_each_names_its_page() -> None:
    told = read("prices.json")
    for price in told["prices"].values():
        assert price["page"].endswith("pricing") and price["unit"] and all(price[region] > 0 for region in REGIONS)
    assert set(told["free"]["always"]) | set(told["free"]["first_year"]) <= set(told["prices"])
    assert told["as_of"] and "memory" in told["note"]
    for price in told["prices"].values():
        assert set(price["verified"]) <= set(REGIONS) and bool(price["verified"]) <= bool(price["seen"])
    assert price_table("us-east-1").unseen == [] and "aurora.capacity" in price_table("eu-west-2").unseen
    assert bill(SIMPLE, "eu-west-2").usd > bill(SIMPLE, "us-east-1").usd
    with pytest.raises(KeyError):
        bill(SIMPLE, "mars-north-1")


def test_the_briefs_lines_are_all_there() -> None:
    names = {each.name for each in bill(SIMPLE).services}
    assert set(read("brief.json")["lines"]) <= names
    assert isclose(table.brief_lines(bill(SIMPLE)), 93.09)


@pytest.mark.parametrize(
    "wrong",
    [
        {"new_searches": 1.5},
        {"new_searches": -0.1},
        {"new_searches": float("nan")},
        {"products": 100_001},
        {"memory_mb": 0},
        {"views_a_visit": 0},
        {"log_bytes": 10**11},
        {"cold_ms": float("inf")},
    ],
)
def test_what_no_month_has_is_refused_by_its_name(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(ShopError, match=name.replace("_", " ")):
        sound(replace(Assumptions(), **wrong))  # type: ignore[arg-type]


def test_what_was_measured_is_in_the_file_and_says_how() -> None:
    found = Inputs().measured
    assert {each.name for each in fields(Measured)} == set(read("measured.json"))
    assert found.how and found.at and set(found.requests) == set(MEASURED.requests)
    assert found.requests["me"].queries == 0 and found.job_runs > 250_000
    assert 0 < bill(Inputs()).usd < 125


def test_the_words_and_the_data_say_the_same_sum() -> None:
    found = bill(SIMPLE)
    text = "\n".join([*table.words(found), *table.lines(found)])
    assert "price seen: infracost" in text and "price from memory" not in text
    assert "price from memory" in "\n".join(table.lines(bill(SIMPLE, "eu-west-2")))
    assert f"{found.usd:.2f}" in text and "by hand" in text
    assert json.loads(json.dumps(table.as_data(found)))["usd"] == round(found.usd, 2)
