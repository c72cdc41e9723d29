"""The first photo: the person sends one, and the recognizer's log tells of its answer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

PATIENCE: Final = 180.0
"""Seconds: to find the phone, a cold start, and the log's delay."""
_PAUSE: Final = 2.0
_ANSWERED: Final = '"photo answered"'


def wait_for_answer(
    logs: CloudWatchLogsClient, group: str, since: float, patience: float
) -> dict[str, Any] | None:
    """What the recognizer's log has of the first photo that is answered; None where none is.

    Args:
        logs: the client.
        group: the recognizer's log group.
        since: seconds since 1970.
        patience: seconds to wait.
    """
    end = time.monotonic() + patience
    while True:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since * 1000), filterPattern=_ANSWERED
        )
        for line in (event["message"] for page in pages for event in page["events"]):
            answered: dict[str, Any] = json.loads(line)
            return answered
        if time.monotonic() + _PAUSE > end:
            return None
        time.sleep(_PAUSE)


def sentence(answered: dict[str, Any]) -> str:
    """What became of a photo."""
    faces, stages = answered.get("faces"), answered.get("milliseconds")
    found = {None: "it was no photo to look at", 0: "no face found", 1: "one face found"}.get(
        faces, f"{faces} faces found"
    )
    took = f" in {sum(stages.values()) / 1000:.1f} s" if stages else ""
    return f"Answered{took}: {found}."
