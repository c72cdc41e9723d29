"""Why the bot does not answer: what the dead-letter queue and the metrics of the last minutes tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import boto3

    from infra.deploy.stack import Stack

_RECENT: Final = timedelta(minutes=5)
_TELLING: Final = {
    "NoModel": "the recognizer has no model (metric NoModel): upload one, or roll back to one that works",
    "TokenUnavailable": "Telegram rejects the bot's token, or it cannot be read (metric TokenUnavailable): "
    "put the right one into its parameter",
    "RecognizerDied": "photos crash what looks at them (metric RecognizerDied): read the recognizer's log",
    "PhotoFailed": "the recognizer fails at it (metric PhotoFailed): its log says why",
}
"""Metrics of the recognizer, the most telling first."""


def why_unanswered(session: boto3.Session, stack: Stack) -> str:
    """The likeliest reason, and what to do, without a full stop."""
    cloudwatch, now = session.client("cloudwatch"), datetime.now(UTC)
    for metric, meaning in _TELLING.items():
        points = cloudwatch.get_metric_statistics(
            Namespace=stack.name,
            MetricName=metric,
            Dimensions=[{"Name": "service", "Value": "recognizer"}],
            StartTime=now - _RECENT,
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        if sum(point["Sum"] for point in points) > 0:
            return meaning
    queue = session.client("sqs").get_queue_attributes(
        QueueUrl=stack.outputs["DeadLetterQueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    if int(queue["ApproximateNumberOfMessages"]):
        return "jobs were given up and lie in the dead-letter queue: the recognizer's log says why"
    return "neither the dead-letter queue nor a metric says why: read the recognizer's log"
