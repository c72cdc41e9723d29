"""One delivery of a message by the queue: which it is, and when the next follows if it comes to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.chat.errors import TryAgain
from emotion_bot.settings import recognizer_settings
from emotion_bot.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from mypy_boto3_sqs import SQSClient

    from emotion_bot.trace import JobTrace

COMES_BACK: Final = (10, 60)
"""Seconds after the first delivery and the second; after later ones, when the queue says: six timeouts."""
LONGEST_WAIT: Final = 43_000
"""Seconds; SQS hides a message for 12 hours at most, with the time that it is out already."""


@dataclass(frozen=True)
class Delivery:
    """A message as it was handed out. All but the last delivery are attempts; the last is the farewell."""

    record: SQSRecord
    sqs: SQSClient
    trace: JobTrace

    @property
    def number(self) -> int:
        """How often the queue has delivered the message, from 1."""
        return int(self.record.attributes.approximate_receive_count or 1)

    @property
    def age(self) -> float:
        """Seconds since the webhook queued the message."""
        return time() - int(self.record.attributes.sent_timestamp) / 1000

    @property
    def is_last_attempt(self) -> bool:
        """Whether the farewell follows if this one fails."""
        return self.number >= recognizer_settings().attempts

    @property
    def is_farewell(self) -> bool:
        """Whether there was the last attempt already; if this one fails, the queue parks the message."""
        return self.number > recognizer_settings().attempts

    def come_back(self, failure: Exception) -> None:
        """See to it that the message comes again, or is parked, when there is a point in it."""
        seconds = self._seconds(failure)
        if seconds is None:
            return
        queue = self.record.event_source_arn.rpartition(":")[2]
        try:
            self.sqs.change_message_visibility(
                QueueUrl=self.sqs.get_queue_url(QueueName=queue)["QueueUrl"],
                ReceiptHandle=self.record.receipt_handle,
                VisibilityTimeout=seconds,
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("the job comes back when the queue says", reason=type(error).__name__)

    def _seconds(self, failure: Exception) -> int | None:
        """Until the next delivery; None leaves that to the queue."""
        if self.is_farewell:
            return 0
        if isinstance(failure, TryAgain) and failure.retry_after is not None:
            return min(failure.retry_after + 1, LONGEST_WAIT)
        if self.is_last_attempt:
            return 0
        return dict(enumerate(COMES_BACK, 1)).get(self.number)
