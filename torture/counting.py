"""Says in a header how many queries an answer took: statements on tables, not the brackets of transactions."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

BRACKETS = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


class CountQueries:
    """Middleware of the benchmark."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count = 0

        def counted(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal count
            count += not sql.lstrip().upper().startswith(BRACKETS)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(counted):
            response = self.get_response(request)
        response.headers["X-Queries"] = str(count)
        return response
