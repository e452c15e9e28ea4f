"""The edge port: who keeps public pages near their readers, and lets fall those that show what has changed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class Page:
    """A public page that may be kept: its tags, and for how many seconds."""

    tags: frozenset[str]
    seconds: int


class EdgeStore(Protocol):
    """Keeps pages by address and encoding; never looks at cookies."""

    # Whether each tag that is purged has a price.
    costs: bool

    def find(self, request: HttpRequest) -> HttpResponse | None:
        """The page as it was kept, while its time lasts. An edge that stands before the shop finds nothing here."""
        ...

    def keep(self, request: HttpRequest, response: HttpResponse, page: Page) -> None:
        """Keep the response, or tell the edge that it may."""
        ...

    def forget(self, request: HttpRequest, response: HttpResponse) -> None:
        """Take back keep() of just now: what the page was made of may be old already."""
        ...

    def purge(self, tags: Collection[str], reference: str) -> int:
        """Let fall every page with one of these tags; how many paths that is to be paid for.

        The same reference with the same tags is one purge. Raises whatever went wrong, for the caller to try again.
        """
        ...
