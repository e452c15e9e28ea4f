"""Static files to their bucket: only hashed names, so what former pages ask for stays beside the new."""

import json
import mimetypes
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# The edge asks the bucket for the whole path of an address.
PREFIX = "static/"
FOR_EVER = "public, max-age=31536000, immutable"
AT_ONCE = 8


def put_static(s3: Any, bucket: str, folder: Path) -> tuple[int, int]:
    """(how many were put, how many lay there already). folder: of collectstatic, with its staticfiles.json."""
    names = sorted(set(json.loads((folder / "staticfiles.json").read_text())["paths"].values()))
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX)
    there = {found["Key"] for page in pages for found in page.get("Contents", [])}
    missing = [name for name in names if PREFIX + name not in there]
    with ThreadPoolExecutor(AT_ONCE) as workers:
        list(workers.map(lambda name: put(s3, bucket, folder, name), missing))
    return len(missing), len(names) - len(missing)


def put(s3: Any, bucket: str, folder: Path, name: str) -> None:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    text = kind.startswith("text/") or kind in ("application/json", "image/svg+xml", "text/javascript")
    s3.put_object(
        Bucket=bucket,
        Key=PREFIX + name,
        Body=(folder / name).read_bytes(),
        ContentType=f"{kind}; charset=utf-8" if text else kind,
        CacheControl=FOR_EVER,
    )
