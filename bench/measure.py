"""Counts requests a second and CPU time of one server process. Loopback only, bounded in count."""

import http.client
import time
from dataclasses import dataclass

import psutil

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Figures:
    """What one page costs: bytes of the body, pages a second over one connection at a time, CPU ms a request."""

    size: int
    rate: float
    cpu_ms: float


def get(port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """One GET over a connection of its own: status and body."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def measure(worker: psutil.Process, port: int, path: str, *, requests: int, headers: dict[str, str]) -> Figures:
    """Warm up, then measure that many requests one after the other. Raises RuntimeError on any answer but 200."""
    for _ in range(5):
        status, body = get(port, path, headers)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
    cpu, began = cpu_seconds(worker), time.perf_counter()
    for _ in range(requests):
        if get(port, path, headers)[0] != 200:
            raise RuntimeError(f"{path} failed during the measurement")
    elapsed = time.perf_counter() - began
    return Figures(len(body), requests / elapsed, (cpu_seconds(worker) - cpu) * 1000 / requests)


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time so far. The clock ticks at 10 ms: measure a few hundred requests."""
    times = process.cpu_times()
    return float(times.user + times.system)
