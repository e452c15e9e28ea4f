"""The shop's own package on AWS as far as moto plays it: deployed by Zappa, run as Lambda runs it, bought from."""

import json
import re
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import requests
from django.db import connection
from psycopg import sql

from deploy import release as releases
from deploy.smoke import Shop, smoke_test
from deploy.tests.stage import make_resources, make_stage
from sandbox.cloud import functions
from sandbox.cloud.gateway import gateway
from shop.invoices.models import Document
from shop.mail.models import OutgoingMail
from shop.operations.drills import asking
from shop.operations.models import Release
from shop.orders.models import Order
from shop.tests.builders import make_promotion, make_rate, make_variant, make_voucher
from torture.shopper import Shopper

pytestmark = pytest.mark.django_db(transaction=True)
STAGE, SECRET, SITE = "staging", "let-me-in", "https://shop.example"
COMMITS = ("a" * 40, "b" * 40)


class Buyer(Shopper):
    """With a browser that takes the front on this machine for the shop's own address."""

    def __init__(self, shop: str) -> None:
        super().__init__(shop, "sam")
        # Otherwise cookies that are only for TLS would not even be kept.
        self.http.cookies.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))

    def _ask(self, url: str, data: dict[str, Any] | None) -> requests.Response:
        url = self.shop + url.removeprefix(SITE) if url.startswith(SITE) else url
        method, headers = ("GET", {}) if data is None else ("POST", {"Origin": SITE})
        # A session sends cookies that are only for TLS nowhere else, whatever its jar allows.
        headers["Cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)
        answer = self.http.request(method, url, data=data, headers=headers, allow_redirects=False, timeout=60)
        assert answer.status_code < 400, f"{method} {url}: {answer.status_code} {answer.text[:500]}"
        return answer


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """An empty database beside the test's own: the package makes its tables."""
    parameters = connection.get_connection_params()
    host, name = str(parameters["host"]), f"deployed_{uuid4().hex[:8]}"
    server = f"postgresql://postgres@/postgres?host={host}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield {"NAME": name, "URL": f"postgresql://postgres:@/{name}?host={host}"}
    functions.end_all()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def told(cloud: str, database: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """A stage whose stacks are made, and what they told."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud)
    monkeypatch.setattr(releases, "folder_of", lambda stage: tmp_path / "deploy")
    monkeypatch.setattr(releases, "check_migrations", lambda release: None)
    # It runs on this machine, whatever Lambda's could load.
    monkeypatch.setattr(releases, "check_package", lambda package: None)
    values = make_stage(
        STAGE,
        DATABASE_URL=database["URL"],
        SITE_URL=SITE,
        ALLOWED_HOSTS="shop.example",
        TRUSTED_PROXIES="2",
        SELLER_NAME="A Shop Ltd",
        SELLER_ADDRESS="1 Yard,London",
        SHOP_EMAIL="hello@shop.example",
        SECRETS=f"aspireclothes/{STAGE}",
    )
    make_resources(STAGE, values)
    return values


def deploy(*arguments: str, commit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "git", lambda *command: "" if command[0] == "status" else commit)
    assert releases.main([*arguments]) == 0


def bring(values: dict[str, str]) -> int:
    """Every message on every queue to the function, until there is none; how many that were."""
    brought, rounds = 0, 0
    while rounds < 8:
        count = sum(functions.deliver(values[name]) for name in ("KICK_QUEUE_ARN", "EVENTS_QUEUE_ARN"))
        if not count:
            break
        brought, rounds = brought + count, rounds + 1
    return brought


def buy(address: str, variant: int) -> str:
    """A shirt for nothing: no provider is asked, which nobody plays here. The page at the end."""
    buyer = Buyer(address)
    buyer.add(variant)
    buyer.use_code("ALL")
    form = buyer.fill_in()
    return str(buyer.go(f"{address}/checkout/", form).text)


def scheduled(job: str) -> Any:
    """The event that Zappa's rule of that job makes, by its own template, and what the function answers."""
    events, name = functions.client("events"), f"aspireclothes-{STAGE}"
    (rule,) = [each["Name"] for each in events.list_rules(Limit=100)["Rules"] if job in each["Name"]]
    (target,) = events.list_targets_by_rule(Rule=rule)["Targets"]
    template = target["InputTransformer"]["InputTemplate"]
    event = json.loads(re.sub(r"<[^>]+>", '"x"', template).replace('""x""', '"x"'))
    event |= {"source": "aws.events", "detail-type": "Scheduled Event"}
    answer = functions.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    assert "FunctionError" not in answer, answer["Payload"].read()
    return json.loads(answer["Payload"].read())


def put_on_sale(database: dict[str, str]) -> int:
    """A shirt, a delivery for nothing, and a code that takes all of the price off; the variant's key."""
    with asking({"NAME": database["NAME"], "OPTIONS": dict(connection.settings_dict["OPTIONS"])}):
        make_rate(price=0)
        make_voucher("ALL", make_promotion(percent=100))
        return int(make_variant(stock=2).pk)


def books(database: dict[str, str]) -> dict[str, Any]:
    """What the shop knows of the one order there is."""
    with asking(database):
        order = Order.objects.get()
        mails = list(OutgoingMail.objects.filter(about=order.number, to=order.email).values_list("to", "state"))
        invoices = Document.objects.filter(order=order).count()
        return {"order": order.state, "invoices": invoices, "mails": mails}


def releases_told(database: dict[str, str]) -> list[tuple[str, str, str]]:
    with asking(database):
        return list(Release.objects.order_by("pk").values_list("kind", "build", "outcome"))


def test_the_shop_is_deployed_bought_from_updated_rolled_back_and_taken_away(
    built: Path,
    static: Path,
    told: dict[str, str],
    database: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(releases, "STATIC", static)
    with gateway(f"aspireclothes-{STAGE}", {"X-Origin-Secret": SECRET}) as address:
        asked = ("--address", address, "--package", str(built))
        deploy("deploy", STAGE, *asked, commit=COMMITS[0], monkeypatch=monkeypatch)
        assert "shop.0001_initial, " in capsys.readouterr().out

        assert "Thank you" in buy(address, put_on_sale(database))
        assert bring(told) >= 3
        assert scheduled("staging-mail-") == {"job": "mail"}
        assert books(database) == {"order": "paid", "invoices": 1, "mails": [("sam@example.com", "sent")]}

        deploy("deploy", STAGE, *asked, commit=COMMITS[1], monkeypatch=monkeypatch)
        assert "nothing to apply" in capsys.readouterr().out
        smoke_test(Shop(address, SECRET), "b" * 12, print)
        deploy("rollback", STAGE, "--address", address, commit=COMMITS[1], monkeypatch=monkeypatch)
        smoke_test(Shop(address, SECRET), "a" * 12, print)
        kinds = [("deploy", "a" * 12, "live"), ("update", "b" * 12, "live"), ("rollback", "a" * 12, "live")]
        assert releases_told(database) == kinds
    deploy("undeploy", STAGE, "--yes", commit=COMMITS[1], monkeypatch=monkeypatch)
    left = {each["FunctionName"] for each in functions.client("lambda").list_functions()["Functions"]}
    assert f"aspireclothes-{STAGE}" not in left
