"""What CloudWatch bills of a function's output: lines by their bytes, and the metrics that stand in them."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE: Final = 26
"""Bytes that CloudWatch Logs adds to each event it bills (its user guide, "PutLogEvents")."""
_REQUEST: Final = "8e6c9a9e-3b1f-4c53-9a8e-0a3f5c0f7d11"
INVOCATION: Final = (
    f"START RequestId: {_REQUEST} Version: 12",
    f"END RequestId: {_REQUEST}",
    (
        f"REPORT RequestId: {_REQUEST}\tDuration: 231.07 ms\tBilled Duration: 232 ms\tMemory Size: 1769 MB\t"
        "Max Memory Used: 194 MB\tXRAY TraceId: 1-6925a0f1-5b1c0d3e7a8f4b2c9d0e1f2a\t"
        "SegmentId: 5b1c0d3e7a8f4b2c\tSampled: true"
    ),
)
"""What Lambda itself logs of an invocation; the emulated one does not."""
INIT: Final = (
    "INIT_START Runtime Version: python:3.13.v50\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:"
    + 64 * "0"
)
"""The same of a cold start."""
OURS: Final = "REPORT RequestId:"
"""How the line begins that the playground adds."""


def billed(lines: Iterable[str]) -> int:
    """Bytes of so many events."""
    return sum(len(line.encode()) + LINE for line in lines)


def series(line: str) -> Iterator[str]:
    """The metrics of a log line in the embedded metric format, each with its dimensions' values."""
    with contextlib.suppress(ValueError):
        match json.loads(line):
            case {"_aws": {"CloudWatchMetrics": [*directives]}, **fields}:
                for directive in directives:
                    for dimensions in directive["Dimensions"]:
                        values = ", ".join(str(fields[name]) for name in dimensions)
                        yield from (f"{metric['Name']} ({values})" for metric in directive["Metrics"])
