"""An edge for a laptop: pages as files in a folder, shared by the server's and the worker's processes."""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from threading import get_ident
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shop.adapters.edge import Page
from shop.adapters.network import refuse_inside_transaction
from shop.core import clock

log = logging.getLogger(__name__)

MOST_PAGES = 2000
MOST_BYTES = 1_000_000
# Everything but names of that form is a draft that its process did not finish.
SUFFIX = ".page"
# How often somebody who edits templates waits for what they did, in seconds.
SOURCES_LOOKED_AT = 1


class PageStore:
    """One file a page: a line of JSON that says what it is, then the body.

    Pages are written under another name and then renamed, so that a reader never finds half of one.
    """

    costs = False

    def __init__(self) -> None:
        self.folder = Path(settings.EDGE_DIR)

    def find(self, request: HttpRequest) -> HttpResponse | None:
        try:
            line, body = self._file(key_of(request)).read_bytes().split(b"\n", 1)
            about = json.loads(line)
        except (OSError, ValueError):
            return None
        if about["key"] != key_of(request) or about["expires"] <= clock.now().timestamp():
            return None
        response = HttpResponse(body, headers=about["headers"])
        response["X-Cache"] = "Hit from edge store"
        return response

    def keep(self, request: HttpRequest, response: HttpResponse, page: Page) -> None:
        if request.method != "GET" or len(response.content) > MOST_BYTES:
            return
        key = key_of(request)
        about = {
            "key": key,
            "address": request.get_full_path(),
            "tags": sorted(page.tags),
            "expires": clock.now().timestamp() + page.seconds,
            "headers": dict(response.items()),
        }
        try:
            self._write(key, json.dumps(about).encode() + b"\n" + response.content)
        except OSError as error:
            # A full disk, or a folder that is just being emptied: the visitor has the page all the same.
            log.warning("a page was not kept: %s", error)
        self._make_room()

    def _write(self, key: str, content: bytes) -> None:
        """Raises OSError, and leaves no draft then."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self._file(key).with_suffix(f".{os.getpid()}-{get_ident()}")
        try:
            draft.write_bytes(content)
            draft.replace(self._file(key))
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def forget(self, request: HttpRequest, response: HttpResponse) -> None:
        self._file(key_of(request)).unlink(missing_ok=True)

    def purge(self, tags: Collection[str], reference: str) -> int:
        refuse_inside_transaction()
        wanted = set(tags)
        for path, about in self.pages():
            if wanted.intersection(about["tags"]):
                path.unlink(missing_ok=True)
        return 0

    def pages(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Every page that is kept, with what its first line says: key, address, tags, expires, headers."""
        for path in self.folder.glob(f"*{SUFFIX}"):
            with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
                yield path, json.loads(file.readline())

    def clear(self) -> None:
        """Forget all pages, and drafts that a crash left."""
        for path in self.folder.glob("*"):
            path.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:40]}{SUFFIX}"

    def _make_room(self) -> None:
        """The pages that were kept first go first; a tenth at once, so that this is not done for every page."""
        paths = list(self.folder.glob(f"*{SUFFIX}"))
        if len(paths) <= MOST_PAGES:
            return
        with contextlib.suppress(OSError):
            paths.sort(key=lambda path: path.stat().st_mtime_ns)
        for path in paths[: len(paths) - MOST_PAGES * 9 // 10]:
            path.unlink(missing_ok=True)


def key_of(request: HttpRequest) -> str:
    """What tells one page from another: by which sources it was made, address, query in one order, encoding."""
    pairs = sorted(parse_qsl(request.META.get("QUERY_STRING", ""), keep_blank_values=True), key=lambda pair: pair[0])
    host = request.META.get("HTTP_HOST", "")
    gzip = "gzip" if "gzip" in request.headers.get("Accept-Encoding", "") else "plain"
    return f"{sources()} {gzip} {request.scheme}://{host}{request.path}?{urlencode(pairs)}"


def sources() -> str:
    """Names the code and templates that pages are made by: the build, and with DEBUG the newest file."""
    if not settings.DEBUG:
        return str(settings.BUILD_ID)
    return f"{settings.BUILD_ID}-{_newest(int(clock.now().timestamp()) // SOURCES_LOOKED_AT)}"


@lru_cache(maxsize=1)
def _newest(moment: int) -> int:
    base = Path(settings.BASE_DIR)
    files = [*(base / "templates").rglob("*.html"), *(base / "shop").rglob("*.py")]
    times = []
    for path in files:
        with contextlib.suppress(OSError):
            times.append(path.stat().st_mtime_ns)
    return max(times, default=0)
