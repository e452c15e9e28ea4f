"""An HTTP front for a function of moto's: what API Gateway does with a request (REST API, payload 1.0)."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.cloud.functions import client

# Which a gateway sets itself, from what it gets.
OWN_HEADERS = ("transfer-encoding", "connection", "content-length")
MOST = 6_000_000


@contextmanager
def gateway(function: str, headers: dict[str, str] | None = None, port: int = 0) -> Iterator[str]:
    """Serve that function until the block ends; the address. headers: what the edge before it adds to each request."""

    class Front(Requests):
        name, added = function, headers or {}

    server = ThreadingHTTPServer(("127.0.0.1", port), Front)
    # Asked to end, it looks each hundredth of a second, not each half.
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Requests(BaseHTTPRequestHandler):
    """Each request is one call of the function."""

    name: str
    added: dict[str, str]
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        if size > MOST:
            self.send_error(413)
            return
        payload = json.dumps(self.event(self.rfile.read(size))).encode()
        told = client("lambda").invoke(FunctionName=self.name, Payload=payload)
        content = json.loads(told["Payload"].read())
        if "FunctionError" in told:
            content = {"statusCode": 502, "body": json.dumps({"message": "Internal server error"})}
        self.send(content)

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = answer

    def event(self, body: bytes) -> dict[str, Any]:
        """The request as a REST API tells it."""
        parts = urlsplit(self.path)
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name, []).append(value)
        headers |= {name: [value] for name, value in self.added.items()}
        headers["X-Forwarded-Proto"] = ["https"]
        query = parse_qs(parts.query, keep_blank_values=True)
        return {
            **{"resource": "/{proxy+}", "path": unquote(parts.path), "httpMethod": self.command},
            **{"headers": {name: values[-1] for name, values in headers.items()}, "multiValueHeaders": headers},
            "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
            "multiValueQueryStringParameters": query or None,
            **{"pathParameters": None, "stageVariables": None},
            "requestContext": {"identity": {"sourceIp": self.client_address[0]}, "httpMethod": self.command},
            **{"body": base64.b64encode(body).decode() if body else None, "isBase64Encoded": bool(body)},
        }

    def send(self, told: dict[str, Any]) -> None:
        """What the function answered, as HTTP."""
        body = (told.get("body") or "").encode() if not told.get("isBase64Encoded") else base64.b64decode(told["body"])
        several = told.get("multiValueHeaders") or {name: [value] for name, value in told.get("headers", {}).items()}
        self.send_response(told["statusCode"])
        for name, values in several.items():
            for value in values if name.lower() not in OWN_HEADERS else []:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nobody reads it."""
