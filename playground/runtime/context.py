"""What Lambda hands a handler beside the event."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

ACCOUNT = "123456789012"


@dataclass
class LambdaContext:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    deadline: float
    """On the clock of `time.monotonic`, which all processes share."""
    function_version: str = "$LATEST"
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))
    log_stream_name: str = "playground"
    tenant_id: str | None = None

    @property
    def log_group_name(self) -> str:
        """The log group, named as Lambda names it."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would stop the invocation."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


def new_trace() -> str:
    """The id of a trace, as X-Ray makes them: its first part is the time."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def trace_header(event: dict[str, Any]) -> str:
    """What an invocation finds in `_X_AMZN_TRACE_ID`: its caller's trace goes on, if that is known.

    Nobody takes traces here, so only those are sampled whose caller says so.
    """
    known = (event.get("headers") or {}).get("x-amzn-trace-id", "")
    fields = {"Root": new_trace(), "Parent": secrets.token_hex(8), "Sampled": "0"}
    fields |= {
        name: value for name, _, value in (field.partition("=") for field in known.split(";")) if value
    }
    return ";".join(f"{name}={value}" for name, value in fields.items())


def arn(function: str, region: str) -> str:
    """Of `functions/<function>`."""
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:emotion-bot-{function}"
