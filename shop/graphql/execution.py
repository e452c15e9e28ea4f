"""A GraphQL request, answered: parsed, measured, checked against the schema, resolved. Never raises."""

import logging
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from django.conf import settings
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.validation import NoSchemaIntrospectionCustomRule, specified_rules

from shop.graphql import limits
from shop.graphql.errors import BAD_USER_INPUT, BROKEN, INTERNAL_ERROR, Refused
from shop.graphql.resolvers import FIELDS

logger = logging.getLogger(__name__)

# AppSync's own scalars and directives, and then its schema.
SCHEMA = ("infra/appsync/prelude.graphql", "infra/appsync/schema.graphql")
MOST_ERRORS = 5
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
TOO_COMPLEX = "QUERY_TOO_COMPLEX"

Answer = dict[str, Any]


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """AppSync's schema, after what AppSync itself adds to it."""
    return build_schema("\n".join((settings.BASE_DIR / name).read_text() for name in SCHEMA))


def answer(query: str, variables: Mapping[str, Any], operation: str | None) -> tuple[Answer, bool]:
    """The answer as GraphQL forms it, and whether the query was run at all (which says nothing about its fields)."""
    try:
        document = parse(query, max_tokens=limits.MAX_TOKENS)
        limits.check(document)
        return _run(document, variables, operation)
    except GraphQLError as error:
        return _refusal([error], PARSE_FAILED)
    except limits.TooComplex as error:
        return _refusal([GraphQLError(str(error))], TOO_COMPLEX)
    except RecursionError:
        return _refusal([GraphQLError("The query is nested too deeply.")], TOO_COMPLEX)


def _run(document: DocumentNode, variables: Mapping[str, Any], operation: str | None) -> tuple[Answer, bool]:
    wrong = validate(schema(), document, _rules(), max_errors=MOST_ERRORS)
    if wrong:
        return _refusal(wrong[:MOST_ERRORS], VALIDATION_FAILED)
    result = execute_sync(
        schema(), document, root_value=ROOT, variable_values=dict(variables), operation_name=operation
    )
    assert isinstance(result, ExecutionResult)
    errors = result.errors or []
    if result.data is None and not any(error.path for error in errors):
        return _refusal(errors, BAD_USER_INPUT)
    return {"data": result.data} | ({"errors": [_told(error) for error in errors]} if errors else {}), True


def _rules() -> list[Any]:
    return [*specified_rules, *(() if settings.GRAPHQL_INTROSPECTION else (NoSchemaIntrospectionCustomRule,))]


def _refusal(errors: list[GraphQLError], code: str) -> tuple[Answer, bool]:
    return {"errors": [_told(error, code) for error in errors]}, False


def _told(error: GraphQLError, code: str = INTERNAL_ERROR) -> Answer:
    """An error as the caller may see it: what broke inside is logged and told in general words.

    What broke before anything was run did so over the caller's own values, and says that.
    """
    message, cause = error.message, error.original_error
    if isinstance(cause, Refused):
        code = cause.code
    elif code == INTERNAL_ERROR and cause is not None and not isinstance(cause, GraphQLError):
        logger.error("a GraphQL field failed", exc_info=cause)
        message, code = BROKEN, INTERNAL_ERROR
    told: Answer = {"message": message, "extensions": {"code": code}}
    if error.locations:
        told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return told | ({"path": error.path} if error.path else {})


def _resolve(field: Callable[..., Any], info: GraphQLResolveInfo[Any], /, **arguments: Any) -> Any:
    return field(arguments, limits.names_below(info.field_nodes, info.fragments))


ROOT = {name: partial(_resolve, field) for name, field in FIELDS.items()}
