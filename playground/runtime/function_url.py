"""A Function URL: HTTP in, payload 2.0 events to the handler, the handler's answer back as HTTP."""

from __future__ import annotations

import base64
import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import uuid4

from werkzeug.exceptions import BadGateway
from werkzeug.wrappers import Request, Response

from playground.loopback import HOST, Server
from playground.runtime.context import new_trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

    from playground.runtime.function import Function

MAX_PAYLOAD = 6 * 1024 * 1024
"""Bytes of a synchronous invocation's request (Lambda quotas)."""
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")


def payload(
    body: bytes,
    headers: Mapping[str, str],
    *,
    method: str = "POST",
    path: str = "/",
    query: str = "",
    source_ip: str = HOST,
) -> dict[str, Any]:
    """The event, in payload format 2.0, that a request becomes.

    Source: AWS Lambda developer guide, "Invoking Lambda function URLs", request payload format.
    """
    lower = {"x-amzn-trace-id": f"Root={new_trace()}"} | {
        name.lower(): value for name, value in headers.items()
    }
    text = lower.get("content-type", "").startswith(_TEXT)
    now = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": lower,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "playground",
            "domainName": lower.get("host", HOST),
            "domainPrefix": "playground",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": lower.get("user-agent", ""),
            },
            "requestId": str(uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": bool(body) and not text,
    }
    if query:
        event["queryStringParameters"] = {name: ",".join(values) for name, values in parse_qs(query).items()}
    if body:
        event["body"] = body.decode(errors="replace") if text else base64.b64encode(body).decode()
    return event


def response(answer: Any) -> tuple[int, dict[str, str], bytes]:  # noqa: ANN401 - a handler's answer is any JSON
    """Status, headers and body that a handler's answer becomes; without `statusCode` it is a body of JSON."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return 200, {"content-type": "application/json"}, body.encode()
    content: str = answer.get("body") or ""
    raw = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
    return (
        int(answer["statusCode"]),
        {"content-type": "application/json"} | (answer.get("headers") or {}),
        raw,
    )


class FunctionUrl:
    """A Function URL with `AuthType: NONE`, on this machine."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._server = Server(self._answer)
        self.url = self._server.url + "/"

    def close(self) -> None:
        """Stop answering."""
        self._server.close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if (request.content_length or 0) > MAX_PAYLOAD:
            return Response(status=413)(environ, start_response)
        event = payload(
            request.get_data(),
            dict(request.headers),
            method=request.method,
            path=request.path,
            query=request.query_string.decode(),
            source_ip=request.remote_addr or HOST,
        )
        try:
            status, headers, body = response(self._function.invoke(event))
        except Exception as error:
            print(f"{self._function.name}: {type(error).__name__}", file=sys.stderr)  # noqa: T201
            return BadGateway("Internal Server Error")(environ, start_response)
        return Response(body, status, headers)(environ, start_response)
