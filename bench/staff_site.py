"""The staff site over 100,000 variants and 100,000 orders: what each list, the home page and searches cost."""

import http.client
import json
import subprocess
import sys
import time
from urllib.parse import quote

from bench.measure import HOST
from bench.server import PORT, manage, serve, thrown_away
from storefront.embedded_postgres import ROOT

ROW = "{:<44}{:>9}{:>10}{:>16}{:>9}"
TIMES = 3


def staff_site() -> None:
    """Fills a database of its own, measures over it, and drops it."""
    with thrown_away("bench_staff") as variables:
        began = time.monotonic()
        filled = subprocess.run(
            [sys.executable, "-m", "bench.filling"], cwd=ROOT, env=variables, check=True, stdout=subprocess.PIPE
        )
        about = json.loads(filled.stdout)
        rows = ", ".join(f"{count:,} {name}" for name, count in about["rows"].items())
        print(f"\nStaff site over {rows} (copied in {time.monotonic() - began:.0f} s); the least of {TIMES} requests")
        manage(variables, "collectstatic", "--noinput", "-v0")
        with serve(variables):
            table("list", about["pages"], about["cookie"])
            table("search", about["searches"], about["cookie"])


def table(name: str, pages: dict[str, str], cookie: str) -> None:
    """A line for each page, then the dearest of them."""
    print(ROW.format(name, "CPU ms", "queries", "slowest SQL ms", "KB"), flush=True)
    found = []
    for page, path in pages.items():
        cpu, queries, slowest, size = min(ask(path, cookie) for _ in range(TIMES))
        found.append(cpu)
        print(ROW.format(page[:43], f"{cpu:.0f}", queries, f"{slowest:.1f}", f"{size / 1000:.0f}"), flush=True)
    print(f"{len(found)} pages; the dearest takes {max(found):.0f} ms of CPU")


def ask(path: str, cookie: str) -> tuple[float, int, float, int]:
    """(CPU ms, queries, ms of the slowest one, bytes) of one request. Raises RuntimeError on any answer but 200."""
    connection = http.client.HTTPConnection(HOST, PORT, timeout=60)
    connection.request("GET", quote(path, safe="/?=&"), headers={"Cookie": cookie})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    cpu, queries, slowest = str(answer.getheader("X-Bench")).split()
    return float(cpu), int(queries), float(slowest), len(body)
