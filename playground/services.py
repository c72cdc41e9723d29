"""AWS's services by moto, behind one door: each does one thing at a time, and can be out of reach."""

from __future__ import annotations

import io
import json
import re
import socket
import time
from collections import defaultdict
from contextlib import contextmanager
from threading import Condition, Event, Lock
from typing import TYPE_CHECKING, Any, Final, Literal

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

How = Literal["closed", "silent", "failing"]
"""What a service out of reach does: ends connections, accepts them and says nothing, answers 503."""

_LOOK: Final = 0.25
"""Seconds between two looks for messages that come back by themselves."""
_SERVICE: Final = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/aws4_request")
_RECEIVE: Final = "AmazonSQS.ReceiveMessage"
_SEND: Final = "AmazonSQS.SendMessage"


class Services:
    """A WSGI application. moto itself loses and doubles messages when asked by several at one time."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)
        self._queue = Condition()
        self._changes = 0
        """Of the queue, which may have brought messages."""
        self._outages: dict[str, tuple[How, Event]] = {}

    @contextmanager
    def unreachable(self, service: str, how: How = "closed") -> Iterator[None]:
        """A service, such as "s3", is out of reach meanwhile."""
        over = Event()
        self._outages[service] = how, over
        try:
            yield
        finally:
            del self._outages[service]
            over.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        found = _SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = found[1] if found else ""
        if (outage := self._outages.get(service)) is not None:
            return self._fail(environ, start_response, *outage)
        if environ.get("HTTP_X_AMZ_TARGET") == _RECEIVE:
            return self._receive(environ)(environ, start_response)
        if environ.get("HTTP_X_AMZ_TARGET") == _SEND and "HTTP_X_AMZN_TRACE_ID" in environ:
            environ = _traced(environ)
        answer = self._ask(service, environ)
        if service == "sqs":
            with self._queue:
                self._changes += 1
                self._queue.notify_all()
        return answer(environ, start_response)

    def _ask(self, service: str, environ: WSGIEnvironment) -> Response:
        with self._locks[service]:
            return Response.from_app(self._moto, environ, buffered=True)

    def _receive(self, environ: WSGIEnvironment) -> Response:
        """A long poll that holds nobody up: many short ones."""
        asked: dict[str, Any] = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        end = time.monotonic() + asked.get("WaitTimeSeconds", 0)
        body = json.dumps(asked | {"WaitTimeSeconds": 0}).encode()
        while True:
            seen = self._changes
            short = environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
            answer = self._ask("sqs", short)
            left = end - time.monotonic()
            if left <= 0 or answer.status_code != 200 or b'"Messages"' in answer.data:
                return answer
            with self._queue:
                if self._changes == seen:
                    self._queue.wait(min(left, _LOOK))

    @staticmethod
    def _fail(
        environ: WSGIEnvironment, start_response: StartResponse, how: How, over: Event
    ) -> Iterable[bytes]:
        if how == "failing":
            return Response(status=503)(environ, start_response)
        if how == "silent":
            over.wait()
        connection: socket.socket = environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError


def _traced(environ: WSGIEnvironment) -> WSGIEnvironment:
    """A message takes along the trace that it is sent in, unless it names one itself; moto leaves that out.

    Source: AWS X-Ray developer guide, "Amazon SQS and AWS X-Ray".
    """
    header = {"DataType": "String", "StringValue": environ["HTTP_X_AMZN_TRACE_ID"]}
    asked: dict[str, Any] = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    body = json.dumps({"MessageSystemAttributes": {"AWSTraceHeader": header}} | asked).encode()
    return environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
