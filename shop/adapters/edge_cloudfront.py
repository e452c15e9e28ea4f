"""CloudFront as the edge: it reads each page's tags from a header, and invalidates by tag.

The distribution names the header (CacheTagConfig) and takes it off what visitors get (a response headers policy); both
are in infra/. A tag takes every variant of a page with it, whatever its query and encoding, and counts as one path.
"""

from collections.abc import Collection

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from shop.adapters.aws import client
from shop.adapters.edge import Page
from shop.adapters.network import refuse_inside_transaction

# CloudFront takes no header off whose name begins with X-Edge-, X-Amz-Cf- or X-Amzn-.
HEADER = "Page-Tags"
# CloudFront reads no more of one page; what has more is kept too shortly to need purging.
MOST_TAGS = 50
UNTAGGED_SECONDS = 60


class CloudFront:
    """The store is out there: nothing is found here, and keeping is a matter of headers."""

    costs = True

    def find(self, request: HttpRequest) -> HttpResponse | None:
        return None

    def keep(self, request: HttpRequest, response: HttpResponse, page: Page) -> None:
        if len(page.tags) > MOST_TAGS:
            patch_cache_control(response, s_maxage=min(page.seconds, UNTAGGED_SECONDS))
            return
        response[HEADER] = ",".join(sorted(page.tags))

    def forget(self, request: HttpRequest, response: HttpResponse) -> None:
        patch_cache_control(response, s_maxage=0, stale_while_revalidate=0)

    def purge(self, tags: Collection[str], reference: str) -> int:
        refuse_inside_transaction()
        items = [f"#{tag}" for tag in sorted(tags)]
        client("cloudfront").create_invalidation(
            DistributionId=self.distribution(),
            InvalidationBatch={"Paths": {"Quantity": len(items), "Items": items}, "CallerReference": reference},
        )
        return len(items)

    def distribution(self) -> str:
        """The id of the distribution before this shop."""
        return str(settings.CDN_DISTRIBUTION_ID)
