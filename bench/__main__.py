"""`make bench`: what pages cost, as figures and as ratios to a bare Django view. Judges nothing.

Everything runs on this machine: gunicorn with one worker, production-like settings, PostgreSQL. Ratios are taken in
one run, page and bare view one after the other; absolute figures vary with the machine and with what else it does.
"""

import argparse
import http.client
import re
import subprocess
import sys
import urllib.parse

import psutil

from bench.cold import cold
from bench.measure import HOST, Figures, get, measure
from bench.server import PORT, prepare, serve, thrown_away
from bench.staff_site import staff_site
from storefront.embedded_postgres import ROOT
from torture.__main__ import run as beside_a_shop

PRODUCTS = 53  # what `manage.py demo` makes at scale 1
THOUSAND = 19  # scale: 1,007 products
LARGE = 102  # scale: a little over 100,000 variants
FILTERED = "/shop/?colour=blue&size=M&stock=1"
IMPORTED = "{:<28}{:>9}{:>10}{:>10}{:>12}"
ROW = "{:<34}{:>9}{:>10}{:>9}{:>10}{:>11}"


def main() -> None:
    """Measure what the command line asks for; all of it without arguments."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="a page (default 300)")
    parser.add_argument("--only", choices=["pages", "filters", "memory", "edge", "placing", "admin", "import", "cold"])
    options = parser.parse_args()
    if options.only in (None, "pages", "memory"):
        with serve(prepare(THOUSAND)) as worker:
            if options.only != "memory":
                pages(worker, options.requests)
            if options.only != "pages":
                memory(worker)
    if options.only in (None, "edge"):
        edge(options.requests)
    if options.only in (None, "filters"):
        filters(options.requests)
    if options.only in (None, "placing"):
        write("\nPlacing an order, from the button to the redirect; the provider is another process")
        beside_a_shop("torture_bench")
    if options.only in (None, "admin"):
        staff_site()
    if options.only in (None, "import"):
        imports()
    if options.only in (None, "cold"):
        cold()


def pages(worker: psutil.Process, requests: int) -> None:
    """The main pages at about 1,000 products against the bare view of the same size."""
    product = some_product()
    bag = {"Cookie": filled_bag(product)}
    rows: list[tuple[str, str, dict[str, str]]] = [
        ("home", "/", {}),
        ("listing", "/shop/", {}),
        ("listing, three filters", FILTERED, {}),
        ("search", "/search/?q=linen+shirt", {}),
        ("product", product, {}),
        ("bag, 3 lines", "/cart/", bag),
    ]
    write(f"\nPages at {PRODUCTS * THOUSAND:,} products; ratio = bare view of the same bytes / page")
    write(ROW.format("page", "bytes", "pages/s", "CPU ms", "rate", "CPU ratio"))
    for name, path, headers in rows:
        page = measure(worker, PORT, path, requests=requests, headers=headers)
        plain = measure(worker, PORT, f"/bench/bare/{page.size}/", requests=requests, headers={})
        write(row(name, page, plain))


def edge(requests: int) -> None:
    """The same pages out of the edge store; all but the first request of each are hits."""
    write("\nPages out of the edge store; ratio = bare view of the same bytes / page")
    write(ROW.format("page", "bytes", "pages/s", "CPU ms", "rate", "CPU ratio"))
    with serve(prepare(THOUSAND) | {"EDGE": "on"}) as worker:
        for name, path in (("home", "/"), ("listing", "/shop/"), ("product", some_product())):
            page = measure(worker, PORT, path, requests=requests, headers={})
            plain = measure(worker, PORT, f"/bench/bare/{page.size}/", requests=requests, headers={})
            write(row(name, page, plain))


def row(name: str, page: Figures, plain: Figures) -> str:
    """One line of the table: the page's own figures, and how many bare views fit into it."""
    rate, cpu = plain.rate / page.rate, page.cpu_ms / plain.cpu_ms if plain.cpu_ms else 0
    return ROW.format(name, page.size, f"{page.rate:.0f}", f"{page.cpu_ms:.2f}", f"1/{rate:.1f}", f"1/{cpu:.1f}")


def imports() -> None:
    """Files of 20,000 rows, each brought in by a process of its own."""
    write("\nImports: seconds to check, to write and in all; peak MB of the process")
    write(IMPORTED.format("rows", "checked", "written", "in all", "peak MB"))
    with thrown_away("bench_import") as variables:
        for part in ("fill", "new", "prices"):
            subprocess.run([sys.executable, "-m", "bench.importing", part], cwd=ROOT, env=variables, check=True)


def filters(requests: int) -> None:
    """The filtered listing over 1,000 and over 100,000 variants."""
    write("\nListing with three filters")
    write(ROW.format("variants", "bytes", "pages/s", "CPU ms", "", ""))
    figures = []
    for name, scale in (("about 1,000", 1), ("over 100,000", LARGE)):
        with serve(prepare(scale)) as worker:
            page = measure(worker, PORT, FILTERED, requests=requests, headers={})
        figures.append(page)
        write(ROW.format(name, page.size, f"{page.rate:.0f}", f"{page.cpu_ms:.2f}", "", ""))
    few, many = figures
    time, cpu = few.rate / many.rate, many.cpu_ms / few.cpu_ms
    write(f"over 100,000 variants / over 1,000: time {time:.2f}, CPU {cpu:.2f}")


def memory(worker: psutil.Process, count: int = 10_000) -> None:
    """Resident memory of the worker after that many mixed requests."""
    product = some_product()
    paths = ["/", "/shop/", FILTERED, "/search/?q=linen", product, "/cart/", "/shop/?page=2", "/search/suggest/?q=li"]
    before = worker.memory_info().rss
    for number in range(count):
        get(PORT, paths[number % len(paths)])
    after = worker.memory_info().rss
    write(f"\nResident memory after {count:,} mixed requests: {after / 1e6:.0f} MB (before: {before / 1e6:.0f} MB)")


def some_product() -> str:
    """The address of the first product on the listing."""
    found = re.search(r'href="(/product/[^"?]+)', get(PORT, "/shop/")[1].decode())
    if not found:
        raise RuntimeError("the listing shows no product")
    return found[1]


def filled_bag(product: str) -> str:
    """Put three sizes of the product into a new bag; the cookie that finds it."""
    page = get(PORT, product)[1].decode()
    fields = {name: input_values(page, name)[0] for name in ("product", "colour")}
    cookie = ""
    for size in input_values(page, "size")[:3]:
        connection = http.client.HTTPConnection(HOST, PORT, timeout=30)
        headers = {"Origin": f"http://{HOST}:{PORT}", "Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode(fields | {"size": size})
        connection.request("POST", "/cart/add/", body, headers | ({"Cookie": cookie} if cookie else {}))
        answer = connection.getresponse().getheader("Set-Cookie")
        cookie = answer.split(";")[0] if answer else cookie
        connection.close()
    return cookie


def input_values(page: str, name: str) -> list[str]:
    """The values of the inputs of that name, in the order of the page."""
    inputs = [tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag]
    return [found[1] for tag in inputs if (found := re.search(r'value="([^"]*)"', tag))]


def write(line: str) -> None:
    """Print at once, so that a long run shows how far it is."""
    print(line, flush=True)


if __name__ == "__main__":
    main()
