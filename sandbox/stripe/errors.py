"""Errors in Stripe's shape."""

from typing import Any


class ApiError(Exception):
    """An answer with an HTTP status of 400 or more and Stripe's error object."""

    def __init__(self, status: int, message: str, *, type: str = "invalid_request_error", **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": type, "message": message, **fields}}


def missing(kind: str, identifier: str) -> ApiError:
    return ApiError(404, f"No such {kind}: '{identifier}'", code="resource_missing", param="id")


def invalid(message: str, param: str, code: str = "parameter_invalid") -> ApiError:
    return ApiError(400, message, param=param, code=code)
