"""What Lambda hands a handler beside the event."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
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


def arn(function: str, region: str) -> str:
    """Of `functions/<function>`."""
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:emotion-bot-{function}"
