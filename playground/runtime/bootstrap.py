"""What runs inside an execution environment: `python -m playground.runtime.bootstrap FUNCTION FD`."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

from playground.runtime.context import LambdaContext


def main(function: str, connection: Connection) -> None:
    """Import the function's module, say so, and answer events until the connection ends: JSON, both ways."""
    try:
        handler = importlib.import_module(f"functions.{function}.app").handler
    except Exception as error:
        traceback.print_exc()
        connection.send_bytes(_failure(error))
        sys.exit(1)
    connection.send_bytes(b"{}")
    while True:
        try:
            asked = json.loads(connection.recv_bytes())
        except EOFError:
            return
        context = LambdaContext(**asked["context"])
        os.environ["_X_AMZN_TRACE_ID"] = asked["trace"]
        answer = _answer(handler, asked["event"], context)
        print(report(context.aws_request_id), flush=True)  # noqa: T201
        connection.send_bytes(answer)


def report(request_id: str) -> str:
    """The line that ends an invocation's part of the log."""
    return f"REPORT RequestId: {request_id}"


def _answer(handler: Any, event: dict[str, Any], context: LambdaContext) -> bytes:  # noqa: ANN401
    try:
        return json.dumps({"answer": handler(event, context)}).encode()
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> bytes:
    return json.dumps({"error": f"{type(error).__name__}: {error}"}).encode()


if __name__ == "__main__":
    # Not for whatever processes the function starts: the end of this one shall be seen.
    os.set_inheritable(int(sys.argv[2]), False)
    main(sys.argv[1], Connection(int(sys.argv[2])))
