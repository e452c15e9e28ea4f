"""Edges to visit the shop through: each keeps what the shop lets it keep, and lets fall what the shop has purged."""

from typing import Any, Protocol
from uuid import uuid4

from django.conf import settings as current
from django.test import Client

from shop.adapters.aws import client as aws
from shop.adapters.edge_cloudfront import HEADER
from shop.adapters.edge_files import PageStore
from storefront.scheduled import JOBS

FILES = "shop.adapters.edge_files.PageStore"
CLOUDFRONT = "shop.adapters.edge_cloudfront.CloudFront"


class Edge(Protocol):
    def visit(self, *addresses: str) -> None:
        """Somebody asks for these pages."""

    def kept(self) -> set[str]:
        """The addresses of what is kept now."""


class Laptop:
    """The page store, inside the shop itself."""

    def __init__(self, settings: Any) -> None:
        settings.EDGE_STORE, settings.EDGE = FILES, True
        PageStore().clear()
        self.browser = Client()

    def visit(self, *addresses: str) -> None:
        for address in addresses:
            assert self.browser.get(address).status_code == 200

    def kept(self) -> set[str]:
        return {about["address"] for _, about in PageStore().pages()}


class PretendedCloudFront:
    """Does with headers and invalidations what CloudFront's documentation says; moto notes the invalidations."""

    def __init__(self, settings: Any) -> None:
        settings.EDGE_STORE, settings.EDGE = CLOUDFRONT, True
        settings.CDN_DISTRIBUTION_ID = new_distribution()
        self.browser = Client()
        self.pages: dict[str, set[str]] = {}
        self.done: set[str] = set()

    def visit(self, *addresses: str) -> None:
        self.kept()
        for address in addresses:
            response = self.browser.get(address)
            assert response.status_code == 200
            if "s-maxage=0" not in response.headers["Cache-Control"]:
                self.pages[address] = set(response.headers[HEADER].split(","))

    def kept(self) -> set[str]:
        for number, paths in invalidations().items():
            if number not in self.done:
                self.done.add(number)
                fallen = {path.removeprefix("#") for path in paths}
                self.pages = {address: tags for address, tags in self.pages.items() if not tags & fallen}
        return set(self.pages)


def new_distribution() -> str:
    """A distribution of moto's; its id."""
    origin = {"Id": "shop", "DomainName": "shop.example", "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443,
              "OriginProtocolPolicy": "https-only"}}  # fmt: skip
    config = {
        "CallerReference": uuid4().hex,
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "shop", "ViewerProtocolPolicy": "redirect-to-https"},
    }
    # Patient, and asked once: on a busy machine a second try would find the first one's.
    made = aws("cloudfront", seconds=60, tries=1).create_distribution(DistributionConfig=config)
    return str(made["Distribution"]["Id"])


def invalidations() -> dict[str, list[str]]:
    """The paths of each invalidation of this test's distribution, by its reference: the same one counts once."""
    cloudfront, distribution = aws("cloudfront", seconds=60), current.CDN_DISTRIBUTION_ID
    listed = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
    found = {}
    for each in listed:
        one = cloudfront.get_invalidation(DistributionId=distribution, Id=each["Id"])
        batch = one["Invalidation"]["InvalidationBatch"]
        found[batch["CallerReference"]] = batch["Paths"]["Items"]
    return found


def tick() -> None:
    """One relay tick of the worker: the jobs that run each second, in their order."""
    for job in JOBS:
        if job.name in ("relay", "purge edge"):
            job.run()
