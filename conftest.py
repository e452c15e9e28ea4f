"""Fixtures of the whole project: the browser that the journeys drive."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.db import connection
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import DjangoDbBlocker

from sandbox.cloud import server
from storefront.emptied_tables import Emptying
from storefront.migrated_template import migrated_template
from storefront.testing import Groups

CHROMIUM_FLAGS = [
    "--no-sandbox",  # as root, in CI, there is no other way
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What Django calls after each test that commits.
TEARDOWN = "_fixture_teardown"

# How fast an example is says nothing about the shop, only about the machine and what else runs on it.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Which worker runs what."""
    return Groups(config, log)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Each worker's test database is a copy of one that was migrated once."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests that commit leave empty tables behind, quickly."""
    with django_db_blocker.unblock():
        emptying = Emptying(getattr(TransactionTestCase, TEARDOWN))
    setattr(TransactionTestCase, TEARDOWN, lambda case: emptying(case))


@pytest.fixture(autouse=True)
def no_pause_between_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine a process may show an older catalogue for a moment: in tests, the one of the test before."""
    monkeypatch.setattr("shop.catalog.snapshot.PAUSE_FACTOR", 0)


@pytest.fixture
def cloud(settings: Any) -> Iterator[str]:
    """moto plays AWS for this test; its address. What a test makes there stays: names have to be its own."""
    # Not the test's own patches: where a test takes those back, a client would be made, and kept, without credentials.
    with pytest.MonkeyPatch.context() as environment:
        for name, value in server.ENVIRONMENT.items():
            environment.setenv(name, value)
        # On a busy machine an answer takes longer than a customer waits, and what is asked for again is counted twice.
        environment.setattr("shop.adapters.dynamodb.ANSWER_SECONDS", 60)
        settings.AWS_REGION, settings.AWS_ENDPOINT = server.REGION, server.serve()
        yield str(settings.AWS_ENDPOINT)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once a worker; without it the journeys are skipped by name."""
    path = shutil.which("chromium")
    if not path:
        pytest.skip("Chromium is not installed")
    # Playwright keeps an event loop in this thread, which Django would take for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def shop_site(live_server: Any, settings: Any) -> str:
    """A running shop whose payment provider is its own sandbox; its address."""
    settings.SITE_URL = live_server.url
    settings.STRIPE_API_BASE = f"{live_server.url}/sandbox/stripe"
    settings.SANDBOX_WEBHOOK_URL = f"{live_server.url}/webhooks/stripe/"
    settings.PAYPAL_API_BASE = f"{live_server.url}/sandbox/paypal"
    settings.SANDBOX_PAYPAL_WEBHOOK_URL = f"{live_server.url}/webhooks/paypal/"
    return str(live_server.url)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, chromium: Browser, shop_site: str) -> Iterator[Page]:
    """A tab of a phone-sized browser. A script error, a console error or a CSP report fails the test."""
    context = chromium.new_context(
        base_url=shop_site, java_script_enabled=request.param, viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(10_000)
    tab = context.new_page()
    trouble: list[str] = []
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    yield tab
    context.close()
    assert trouble == []
