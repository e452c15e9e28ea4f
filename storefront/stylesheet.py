"""Serves the small stylesheets of static/css/ as the one file `site.css` (and `admin.css`), without a build step."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

CSS = Path(settings.BASE_DIR) / "static" / "css"
OUT = Path(settings.LOCAL_DIR) / "css"


def parts() -> list[Path]:
    """The stylesheets in the order in which they are joined: the layers' order is named in tokens.css."""
    first = [CSS / "tokens.css", CSS / "base.css", CSS / "layout.css"]
    return [*first, *sorted(CSS.glob("components/*.css")), *sorted(CSS.glob("pages/*.css"))]


def join() -> Path:
    """Write site.css anew where a part is newer than it, and return it."""
    out = OUT / "css" / "site.css"
    sources = parts()
    if not out.exists() or max(source.stat().st_mtime_ns for source in sources) > out.stat().st_mtime_ns:
        out.parent.mkdir(parents=True, exist_ok=True)
        # Several processes may find it old at once: each has a draft of its own.
        draft = out.with_suffix(f".{os.getpid()}")
        draft.write_text("\n".join(source.read_text() for source in sources))
        draft.replace(out)
    return out


class StylesheetFinder(BaseFinder):
    """Adds the joined stylesheet to what collectstatic and the development server find."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != "css/site.css":
            return []
        found = str(join())
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        join()
        yield "css/site.css", FileSystemStorage(location=OUT)
