"""What AWS Lambda calls. Importing it is the function's start: what every request needs is loaded then, once.

Each event goes to one place, known by its shape. No event names code to run: there is nothing to be named but jobs,
queues, fields and commands that are listed here or in the modules beside.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import get_resolver
from django.utils.module_loading import import_string

from shop.core.logs import bound
from storefront.aws import commands, queues, schedules
from storefront.aws.gateway import Gateway, is_http
from storefront.aws.refusals import Refused
from storefront.aws.sleep import noting_use

Event = dict[str, Any]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.aws")
gateway = Gateway(get_wsgi_application())
# Imports every public view, and notes every name; otherwise the first visitor would wait for it.
get_resolver().reverse_dict  # noqa: B018

RESOLVER = "shop.graphql.appsync.resolve"


def lambda_handler(event: Any, context: Any) -> Any:
    """Answer one event. Raises Refused for one that is not for the shop, and whatever its work raises.

    A queue's whole batch comes again after a failure, so an exception is the only right answer to one.
    """
    with bound(request_id=str(getattr(context, "aws_request_id", ""))):
        if isinstance(event, dict) and is_http(event):
            # Django itself looks after connections, at the begin and the end of each request.
            with noting_use():
                return gateway.answer(event, context)
        work = work_for(event)
        # A job by the clock is no reason to keep the database awake.
        with healthy_connections(), nullcontext() if work is schedules.run else noting_use():
            return work(event)


def work_for(event: Any) -> Callable[[Any], Any]:
    """Who does what the event asks for. Raises Refused."""
    if is_batch(event):
        # Fields of one query that AppSync asks for together.
        return resolve_fields
    if not isinstance(event, dict):
        raise Refused(f"an event is a JSON object, not {type(event).__name__}")
    if "Records" in event:
        return queues.receive
    if event.get("source") == "aws.events" and event.get("detail-type") == "Scheduled Event":
        return schedules.run
    if is_field(event):
        return resolve_field
    if set(event) == {"manage"}:
        return commands.run
    raise Refused(f"an event of no known kind: it has {', '.join(sorted(map(str, event)))[:200] or 'nothing in it'}")


def is_field(event: Any) -> bool:
    """Whether AppSync asks for a field."""
    return isinstance(event, dict) and isinstance(event.get("info"), dict) and "fieldName" in event["info"]


def is_batch(event: Any) -> bool:
    """Whether AppSync asks for several."""
    return isinstance(event, list) and bool(event) and all(map(is_field, event))


def resolve_fields(events: list[Event]) -> Any:
    """Fields that AppSync asks for together; the resolver looks at each."""
    return import_string(RESOLVER)(events)


def resolve_field(event: Event) -> Any:
    """A field that AppSync asks for."""
    if not isinstance(event["info"]["fieldName"], str) or not isinstance(event.get("arguments"), dict):
        raise Refused("a field is asked for by its name and its arguments")
    return import_string(RESOLVER)(event)


@contextmanager
def healthy_connections() -> Iterator[None]:
    """What begin and end of a request do for views: a connection that broke, or slept too long, is made anew."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()
