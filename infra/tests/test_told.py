"""What the stacks tell is what the shop and its deploy ask for, and what they make is what the adapters expect."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
from django.conf import settings as django_settings

from deploy.settings import DEPLOYS_OWN, ONLY_DEPLOY, POLICY, names_in
from infra import load
from infra.tests.walking import resolved
from shop.activity.dynamodb import DynamoActivityStore
from shop.activity.stores import Count, Kind
from shop.adapters.aws import client
from shop.cart.dynamodb import DynamoCartStore
from shop.cart.stores import StoredLine
from shop.mail.feedback import READERS
from shop.operations.costs.bill import bill
from shop.operations.costs.inputs import Inputs

ROOT = Path(django_settings.BASE_DIR)


def zappa() -> Any:
    return json.loads((ROOT / "zappa_settings.json").read_text())


def test_a_deploy_is_told_all_that_it_fills_in() -> None:
    asked = names_in([zappa(), json.loads(POLICY.read_text())])
    assert asked - DEPLOYS_OWN <= set(load.settings("dev")) | ONLY_DEPLOY
    assert asked >= ONLY_DEPLOY


def test_the_shop_reads_every_setting_that_it_is_told() -> None:
    read = "".join(path.read_text() for path in (ROOT / "storefront" / "settings").glob("*.py"))
    read += (ROOT / "shop" / "adapters" / "secrets.py").read_text()
    names = set(re.findall(r'"([A-Z][A-Z_]+)"', read))
    # Read by the names of their parts.
    names |= {f"DATABASE_{part}" for part in ("HOST", "NAME", "PORT")}
    # For the deploy, which puts static files there.
    names.add("STATIC_BUCKET")
    assert {name for name in load.settings("dev") if name not in names} == set()


def test_a_message_waits_for_the_function_as_zappa_has_it() -> None:
    function = zappa()["base"]["timeout_seconds"]
    queues = [made.properties for made in resolved("AWS::SQS::Queue").values()]
    assert {queue["VisibilityTimeout"] for queue in queues if "RedrivePolicy" in queue} == {6 * function}


def test_the_function_listens_to_every_queue() -> None:
    told = load.settings("dev")
    sources = [event["event_source"]["arn"] for event in zappa()["base"]["events"] if "event_source" in event]
    heard = {told[arn.strip("${}")] for arn in sources}
    queues = {made.properties["QueueName"] for made in resolved("AWS::SQS::Queue").values()}
    assert {arn.rsplit(":", 1)[1] for arn in heard} == {name for name in queues if not name.endswith("-dead")}


def test_the_dashboard_shows_figures_that_the_shop_logs() -> None:
    body = load.resources("observability", "dev")
    filtered = {
        made.properties["MetricTransformations"][0]["MetricName"] for made in body.values() if "Filter" in made.type
    }
    dashboard = json.loads(body["Dashboard"].properties["DashboardBody"])
    shown = {
        line[1] for widget in dashboard["widgets"] for line in widget["properties"]["metrics"] if "/dev" in line[0]
    }
    files = [path.read_text() for path in (ROOT / "shop").rglob("*.py") if "tests" not in path.parts]
    logged = set(re.findall(r'"([A-Z][A-Za-z]+)"', "".join(text for text in files if "measure(" in text)))
    assert {"OpenAlerts", "OutboxAge", "LoggedErrors"} <= shown
    assert shown <= logged | filtered


def table_of(name: str, cloud: str) -> str:
    """A table on moto with the template's keys; its name."""
    # Not the shop's own client, which is impatient and asks again.
    dynamodb: Any = boto3.client("dynamodb", "us-east-1", endpoint_url=cloud)
    properties = load.resources("data", f"t{uuid4().hex[:8]}")[name].properties
    made = {key: properties[key] for key in ("TableName", "AttributeDefinitions", "KeySchema", "BillingMode")}
    dynamodb.create_table(**made)
    return str(properties["TableName"])


def test_bags_are_kept_in_the_table_of_the_template(cloud: str, settings: Any) -> None:
    settings.CARTS_TABLE = table_of("Carts", cloud)
    store = DynamoCartStore()
    store.add("bag-1", StoredLine(7, 2, 1500))
    found = store.load("bag-1")
    assert found is not None
    assert [(line.variant_id, line.quantity) for line in found.lines] == [(7, 2)]
    assert all_expire("Carts", settings.CARTS_TABLE) == 1


def test_counts_are_kept_in_the_table_of_the_template(cloud: str, settings: Any) -> None:
    settings.ACTIVITY_TABLE = table_of("Activity", cloud)
    today = date(2026, 11, 23)
    assert DynamoActivityStore().count([Count(Kind.VIEWED, 7, today)], once="order-1")
    assert DynamoActivityStore().of_product(7, [today])[Kind.VIEWED] == 1
    assert all_expire("Activity", settings.ACTIVITY_TABLE) == 2


def all_expire(name: str, table: str) -> int:
    """How many items there are, each with a time where the template has TTL look for one."""
    items = client("dynamodb").scan(TableName=table)["Items"]
    ttl = load.resources("data", "dev")[name].properties["TimeToLiveSpecification"]
    assert all(set(item[ttl["AttributeName"]]) == {"N"} for item in items)
    return len(items)


def test_ses_tells_what_the_shop_reads_and_the_page_says_what_it_tells() -> None:
    (feedback,) = resolved("AWS::SES::ConfigurationSetEventDestination").values()
    told = [kind[0].upper() + kind[1:] for kind in feedback.properties["EventDestination"]["MatchingEventTypes"]]
    assert told == ["Bounce", "Complaint"]
    assert set(told) <= set(READERS)
    assert "topic of bounces and complaints" in (ROOT / "docs" / "aws.md").read_text()


def test_a_usual_month_rings_no_alarm_of_the_budget() -> None:
    default = load.template("observability")["Parameters"]["MonthlyBudget"]["Default"]
    (budget,) = resolved("AWS::Budgets::Budget").values()
    told = [each["Notification"] for each in budget.properties["NotificationsWithSubscribers"]]
    thresholds = [each["Threshold"] for each in told]
    # As docs/operations.md says it.
    assert {each["NotificationType"]: each["Threshold"] for each in told} == {"ACTUAL": 80, "FORECASTED": 100}
    assert default * min(thresholds) / 100 > bill(Inputs()).usd
