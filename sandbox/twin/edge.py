"""Plays CloudFront before the shop: keeps pages by the tags in the adapter's header, and drops what is invalidated."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from sandbox.twin.clients import client
from shop.adapters.edge import Page
from shop.adapters.edge_cloudfront import HEADER, CloudFront
from shop.adapters.edge_files import PageStore

MOST_SHOWN = 20


class NoDistribution(LookupError):
    """The pretended AWS has none, or none any more."""


class PlayedCloudFront(CloudFront):
    """The shop's adapter, and behind it what stands before the shop on AWS. Invalidations are asked of moto."""

    def __init__(self) -> None:
        self.pages = PageStore()

    def find(self, request: HttpRequest) -> HttpResponse | None:
        return self.pages.find(request)

    def keep(self, request: HttpRequest, response: HttpResponse, page: Page) -> None:
        super().keep(request, response, page)
        tags = response.headers.get(HEADER, "").split(",")
        # Visitors on AWS do not get it either.
        del response[HEADER]
        self.pages.keep(request, response, Page(frozenset(tags), page.seconds))

    def forget(self, request: HttpRequest, response: HttpResponse) -> None:
        super().forget(request, response)
        self.pages.forget(request, response)

    def purge(self, tags: Collection[str], reference: str) -> int:
        paths = super().purge(tags, reference)
        self.pages.purge(tags, reference)
        return paths

    def distribution(self) -> str:
        return distribution()


def distribution() -> str:
    """The id of this stage's distribution, which moto chooses. Raises NoDistribution."""
    found = client("cloudfront").list_distributions()["DistributionList"].get("Items", [])
    for each in found:
        if each["Comment"] == settings.EVENT_BUS_NAME:
            return str(each["Id"])
    raise NoDistribution("the pretended AWS has no distribution")


def make_distribution() -> None:
    """Make it, as far as moto needs to know it; nothing where it is there already."""
    try:
        distribution()
    except NoDistribution:
        origin = {
            "Id": "shop",
            "DomainName": "shop.invalid",
            "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
        }
        behaviour = {"TargetOriginId": "shop", "ViewerProtocolPolicy": "redirect-to-https"}
        config = {
            "CallerReference": settings.EVENT_BUS_NAME,
            "Comment": settings.EVENT_BUS_NAME,
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": behaviour,
        }
        client("cloudfront").create_distribution(DistributionConfig=config)


def invalidations() -> list[dict[str, Any]]:
    """Those that were asked for, newest first: when, and of which paths, which are tags here."""
    cloudfront, here = client("cloudfront"), distribution()
    found = cloudfront.list_invalidations(DistributionId=here)["InvalidationList"].get("Items", [])
    newest = sorted(found, key=lambda each: each["CreateTime"], reverse=True)[:MOST_SHOWN]
    asked = [cloudfront.get_invalidation(DistributionId=here, Id=each["Id"])["Invalidation"] for each in newest]
    return [{"at": each["CreateTime"], "paths": each["InvalidationBatch"]["Paths"]["Items"]} for each in asked]
