"""Does the shop answer, and is it the build that was deployed?"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

# A new version needs some seconds until every answer is its own.
PATIENCE, PAUSE, ANSWER_SECONDS = 60, 2, 35
# The first link to a product on the front page.
PRODUCT = re.compile(r'href="(/product/[^"?#]+)"')


class SmokeTestFailed(Exception):
    """What was asked, and what came instead."""


@dataclass(frozen=True)
class Shop:
    """A shop that answers at an address. secret: what the edge shows it."""

    address: str
    secret: str = ""

    def get(self, path: str) -> str:
        """The page. Raises SmokeTestFailed where it is none."""
        headers = {"X-Origin-Secret": self.secret, "X-Forwarded-Proto": "https"}
        try:
            answer = requests.get(self.address + path, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            raise SmokeTestFailed(f"{path} did not answer: {type(error).__name__}") from error
        if answer.status_code != 200:
            raise SmokeTestFailed(f"{path} answered {answer.status_code}: {answer.text[:200]}")
        return answer.text


def smoke_test(shop: Shop, build: str, say: Callable[[str], object]) -> None:
    """Ask for the build, the database, the front page and the first product on it. Raises SmokeTestFailed."""
    await_build(shop, build)
    say(f"  /healthz: build {build}")
    if "ready" not in shop.get("/readyz"):
        raise SmokeTestFailed("/readyz does not say that it is ready")
    say("  /readyz: the database answers")
    product = PRODUCT.search(shop.get("/"))
    if product is None:
        say("  /: answers, and shows no product yet")
        return
    page = shop.get(product[1])
    if "<h1" not in page:
        raise SmokeTestFailed(f"{product[1]} is no product's page")
    say(f"  {product[1]}: answers")


def await_build(shop: Shop, build: str) -> None:
    """Until /healthz names that build."""
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            told = shop.get("/healthz").strip()
        except SmokeTestFailed as failure:
            told = str(failure)
        if told == f"ok {build}":
            return
        if time.monotonic() > ends:
            raise SmokeTestFailed(f"/healthz does not name build {build}: {told}")
        time.sleep(PAUSE)
