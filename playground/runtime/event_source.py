"""An SQS event source mapping: polls the queue, invokes the function, deletes what succeeded."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.runtime.function import Function

_LONG_POLL = 1
"""Seconds. Lambda waits 20; a playground that is told to stop should not."""
_SHORT_POLL = 0.1
"""Seconds between two looks for messages that are hidden: moto's long poll notices them a second late."""


class Watcher:
    """Is told what becomes of messages; ignores it all by itself."""

    def received(self, message: dict[str, Any]) -> None:
        """A message is about to be worked off."""

    def given_back(self, message: dict[str, Any]) -> None:
        """A message failed."""


def records(messages: list[dict[str, Any]], queue_arn: str) -> dict[str, Any]:
    """The event that Lambda hands a function for messages received from a queue."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": message.get("MessageAttributes", {}),
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": queue_arn.split(":")[3],
            }
            for message in messages
        ]
    }


def failed(answer: Any, message_ids: set[str]) -> set[str]:  # noqa: ANN401 - a handler's answer is any JSON
    """Messages that a partial batch response gives back.

    None, `{}` and an empty list mean that all succeeded; an id that was not in the batch, that all failed.
    Source: AWS Lambda developer guide, "Implementing partial batch responses", success conditions.
    """
    if not answer or not answer.get("batchItemFailures"):
        return set()
    ids = {item.get("itemIdentifier") for item in answer["batchItemFailures"]}
    if not ids.issubset(message_ids):
        return message_ids
    return ids


class EventSource:
    """Polls until `close`. A failed message comes again when its visibility timeout is over; the queue counts
    the attempts, and moves a message that had too many to the dead-letter queue.
    """

    def __init__(self, function: Function, queue_url: str, queue_arn: str, batch_size: int = 1) -> None:
        self._function = function
        self._queue_url = queue_url
        self._queue_arn = queue_arn
        self._batch_size = batch_size
        self._sqs = boto3.client("sqs")
        self._stop = Event()
        self.idle = Event()
        """Set while no invocation is running."""
        self.idle.set()
        self.watchers: list[Watcher] = []
        self._may_poll = Event()
        self._may_poll.set()
        self._polling = Lock()
        self._hidden = False
        self._thread = Thread(target=self._poll, daemon=True, name="event source mapping")
        self._thread.start()

    def close(self) -> None:
        """Stop polling, once the invocation that is running ends."""
        self._stop.set()
        self._may_poll.set()
        self._thread.join()
        self._sqs.close()

    @contextmanager
    def held(self) -> Iterator[None]:
        """No invocation is running, and none begins: messages stay in the queue."""
        self._may_poll.clear()
        try:
            with self._polling:
                yield
        finally:
            self._may_poll.set()

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._may_poll.wait()
            try:
                with self._polling:
                    self._poll_once()
            except (BotoCoreError, ClientError):
                self._stop.wait(_LONG_POLL)
            if self._hidden:
                self._stop.wait(_SHORT_POLL)

    def _poll_once(self) -> None:
        received: Any = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self._batch_size,
            WaitTimeSeconds=0 if self._hidden else _LONG_POLL,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        if messages := received.get("Messages"):
            self.idle.clear()
            try:
                self._work_off({message["MessageId"]: message for message in messages})
            finally:
                self.idle.set()
        else:
            self._hidden = self._count_hidden() > 0

    def _count_hidden(self) -> int:
        """Messages that are delayed, or come back when their visibility timeout is over."""
        counts = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url,
            AttributeNames=[
                "ApproximateNumberOfMessagesDelayed",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(map(int, counts.values()))

    def _work_off(self, batch: dict[str, dict[str, Any]]) -> None:
        for message in batch.values():
            for watcher in self.watchers:
                watcher.received(message)
        try:
            answer = self._function.invoke(records(list(batch.values()), self._queue_arn))
            failures = failed(answer, set(batch))
        except Exception:
            failures = set(batch)
        for message_id, message in batch.items():
            if message_id in failures:
                for watcher in self.watchers:
                    watcher.given_back(message)
            else:
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
