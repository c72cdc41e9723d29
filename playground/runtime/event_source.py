"""An SQS event source mapping: polls the queue, invokes the function, deletes what succeeded."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG_POLL = 1
"""Seconds. Lambda waits 20; a playground that is told to stop should not."""


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


class Function(Protocol):
    """What can be invoked with an event."""

    def invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - a handler's answer is any JSON
        """The handler's answer; it is of no matter what is raised."""


class EventSource:
    """Polls until `close`. A failed message comes again when its visibility timeout is over; the queue counts
    the attempts, and moves a message that had too many to the dead-letter queue.

    Args:
        function: what is invoked with the messages.
        queue_url: of the queue.
        queue_arn: of the same.
        batch_size: messages that one receive asks for, and one invocation is given.
        concurrency: invocations at one time. While so many run nothing is received, so that no message
            loses an attempt to a function that is busy: Lambda's `MaximumConcurrency`.
    """

    def __init__(
        self, function: Function, queue_url: str, queue_arn: str, batch_size: int = 1, *, concurrency: int = 1
    ) -> None:
        self._function = function
        self._queue_url = queue_url
        self._queue_arn = queue_arn
        self._batch_size = batch_size
        self._sqs = boto3.client("sqs", config=Config(max_pool_connections=concurrency + 1))
        self._stop = Event()
        self.idle = Event()
        """Set while no invocation is running."""
        self.idle.set()
        self.watchers: list[Watcher] = []
        self._changed = Condition()
        self._holders = 0
        self._polling = 0
        self._running = 0
        self._threads = [
            Thread(target=self._poll, daemon=True, name=f"event source mapping {number}")
            for number in range(concurrency)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop polling, once the invocations that are running end."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._sqs.close()

    @contextmanager
    def held(self) -> Iterator[None]:
        """No invocation is running, and none begins: messages stay in the queue."""
        with self._changed:
            self._holders += 1
            self._changed.wait_for(lambda: not self._polling)
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._changed.notify_all()

    def _poll(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: not self._holders or self._stop.is_set())
                self._polling += 1
            try:
                self._poll_once()
            except (BotoCoreError, ClientError):
                self._stop.wait(_LONG_POLL)
            finally:
                with self._changed:
                    self._polling -= 1
                    self._changed.notify_all()

    def _poll_once(self) -> None:
        received: Any = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self._batch_size,
            WaitTimeSeconds=_LONG_POLL,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        if messages := received.get("Messages"):
            self._count_running(1)
            try:
                self._work_off({message["MessageId"]: message for message in messages})
            finally:
                self._count_running(-1)

    def _count_running(self, more: int) -> None:
        with self._changed:
            self._running += more
            if self._running:
                self.idle.clear()
            else:
                self.idle.set()

    def _work_off(self, batch: dict[str, dict[str, Any]]) -> None:
        for message in batch.values():
            for watcher in self.watchers:
                watcher.received(message)
        try:
            answer = self._function.invoke(records(list(batch.values()), self._queue_arn))
            failures = failed(answer, set(batch))
        except Exception:
            failures = set(batch)
        for message_id in failures:
            for watcher in self.watchers:
                watcher.given_back(batch[message_id])
        if done := batch.keys() - failures:
            entries: Any = [
                {"Id": message_id, "ReceiptHandle": batch[message_id]["ReceiptHandle"]} for message_id in done
            ]
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
