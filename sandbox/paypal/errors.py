"""Errors in PayPal's shape."""

from typing import Any

MESSAGES = {
    "INVALID_REQUEST": "Request is not well-formed, syntactically incorrect, or violates schema.",
    "NOT_AUTHORIZED": "Authorization failed due to insufficient permissions.",
    "RESOURCE_NOT_FOUND": "The specified resource does not exist.",
    "UNPROCESSABLE_ENTITY": "The requested action could not be performed, or failed business validation.",
    "AUTHENTICATION_FAILURE": "Authentication failed due to missing or invalid credentials.",
    "UNSUPPORTED_MEDIA_TYPE": "The server does not support the request payload's media type.",
}
STATUS = {
    "INVALID_REQUEST": 400,
    "AUTHENTICATION_FAILURE": 401,
    "NOT_AUTHORIZED": 403,
    "RESOURCE_NOT_FOUND": 404,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "UNPROCESSABLE_ENTITY": 422,
}


class ApiError(Exception):
    """An answer with an HTTP status of 400 or more. details: where, PayPal's name for the fault, words."""

    def __init__(self, name: str, issue: str = "", description: str = "", field: str = "") -> None:
        super().__init__(f"{name} {issue} {description}")
        self.status = STATUS[name]
        detail = {"issue": issue, "description": description} | ({"field": field} if field else {})
        self.body: dict[str, Any] = {
            "name": name,
            "message": MESSAGES[name],
            "debug_id": "sandbox",
            "details": [detail] if issue else [],
            "links": [],
        }


def invalid(field: str, issue: str, description: str) -> ApiError:
    """A request that violates the schema."""
    return ApiError("INVALID_REQUEST", issue, description, field)


def refused(issue: str, description: str, field: str = "") -> ApiError:
    """A well-formed request that cannot be done."""
    return ApiError("UNPROCESSABLE_ENTITY", issue, description, field)


def missing() -> ApiError:
    return ApiError("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")
