"""A middleware by which the measured server tells what each answer cost it."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]


def telling(get_response: Answer) -> Answer:
    """Adds X-Bench: CPU ms of the process, queries, ms of the slowest one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        took: list[float] = []

        def clocked(execute: Callable[..., Any], *call: Any) -> Any:
            began = time.perf_counter()
            try:
                return execute(*call)
            finally:
                took.append(time.perf_counter() - began)

        began = time.process_time()
        with connection.execute_wrapper(clocked):
            response = get_response(request)
        cpu = (time.process_time() - began) * 1000
        response["X-Bench"] = f"{cpu:.1f} {len(took)} {max(took, default=0) * 1000:.1f}"
        return response

    return middleware
