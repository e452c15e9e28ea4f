"""Events as AWS sends them, for tests."""

import base64
from typing import Any

Event = dict[str, Any]

EDGE, BUYER = "203.0.113.7", "198.51.100.20"


def rest(path: str = "/", method: str = "GET", body: bytes = b"", **changes: Any) -> Event:
    """A request of a REST API behind the edge (payload 1.0), on its stage `production`."""
    headers = {
        "Host": ["abc.execute-api.us-east-1.amazonaws.com"],
        "X-Forwarded-For": [f"{BUYER}, {EDGE}"],
        "X-Forwarded-Proto": ["https"],
        **changes.pop("headers", {}),
    }
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"stage": "production", "path": f"/production{path}", "identity": {"sourceIp": EDGE}},
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
        **changes,
    }


def payload_2(path: str = "/", method: str = "GET", body: bytes = b"", **changes: Any) -> Event:
    """The same as payload 2.0."""
    headers = {
        "host": "abc.lambda-url.us-east-1.on.aws",
        "x-forwarded-for": f"{BUYER}, {EDGE}",
        "x-forwarded-proto": "https",
        **changes.pop("headers", {}),
    }
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": EDGE, "userAgent": "test"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {"stage": "$default", "http": http},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        **changes,
    }


def schedule(job: Any) -> Event:
    """What the schedules' input transformer makes of the clock's event."""
    return {
        "time": "2026-11-23T07:00:00Z",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "region": "us-east-1",
        "detail": {},
        "version": "0",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/relay"],
        "id": "1",
        "kwargs": {"job": job},
    }


def messages(queue: str, *bodies: str) -> Event:
    """A batch of a queue."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": queue,
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def field(name: Any, **arguments: Any) -> Event:
    """What AppSync sends to a direct resolver."""
    return {
        "arguments": arguments,
        "identity": None,
        "source": None,
        "request": {"headers": {}, "domainName": None},
        "prev": None,
        "info": {"fieldName": name, "parentTypeName": "Query", "selectionSetList": ["slug"], "variables": {}},
        "stash": {},
    }
