"""SQS batch in; every photo of it recognised and answered, once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from aws_lambda_powertools.utilities.parameters import get_parameter
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from emotion_bot.answer import answer
from emotion_bot.chat.errors import TelegramFailure, TryAgain, Undeliverable
from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import PhotoJob
from emotion_bot.settings import in_lambda, recognizer_settings
from emotion_bot.store import StoreError, open_bundle
from emotion_bot.telemetry import Counters, logger, tracer
from emotion_bot.vision import Recognizer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext

REMEMBERED: Final = 25 * 60 * 60
"""Seconds. Telegram may send an update again for 24 hours."""
LONGEST_WAIT: Final = 43_200
"""Seconds; SQS hides a message for 12 hours at most."""

metrics = Counters()


class UnreadableJob(ValueError):
    """The message is no PhotoJob of this version; it belongs into the dead-letter queue."""


@dataclass(frozen=True)
class Bot:
    """What is made once per cold start and serves every photo after that."""

    recognizer: Recognizer
    telegram: Telegram
    answered: BasePersistenceLayer
    """Which updates are answered."""
    loop: asyncio.Runner
    """One event loop for the environment's life, so that connections to Telegram stay open."""


@lru_cache
def bot() -> Bot:
    """Load the model and the token.

    Raises:
        StoreError: the model is missing or altered; a function without one must not start.
    """
    settings = recognizer_settings()
    try:
        recognizer = Recognizer.load(open_bundle(settings.model_store, settings.engine))
    except StoreError as error:
        logger.critical("no model", reason=str(error))
        metrics.count("NoModel")
        raise
    token = get_parameter(settings.bot_token_parameter, decrypt=True)
    return Bot(
        recognizer=recognizer,
        telegram=Telegram(token, str(settings.telegram_api_url)),
        answered=DynamoDBPersistenceLayer(table_name=settings.idempotency_table),
        loop=asyncio.Runner(),
    )


if in_lambda():
    try:
        bot()
    except StoreError:
        metrics.flush_metrics()  # no invocation will end that would
        raise


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Answer a batch of photo jobs, one after the other.

    Returns:
        The messages that SQS shall deliver again, or, after the last attempt, park in the dead-letter queue.
    """
    metrics.count("Jobs", len(event["Records"]))
    bot()  # without a model the whole batch fails, not each of its photos
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=event, record_handler=answer_once, processor=processor, context=context
    )


def answer_once(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Answer a job unless that is done, remember it, and note what went wrong."""
    try:
        job = PhotoJob.model_validate_json(record.body)
    except ValidationError:
        logger.error("not a photo job", message_id=record.message_id)
        metrics.count("UnreadableJob")
        raise UnreadableJob from None
    attempt = int(record.attributes.approximate_receive_count or 1)
    is_sent = False

    def send_answer(*, job: PhotoJob) -> None:
        nonlocal is_sent
        _answer(job)
        is_sent = True

    once = idempotent_function(
        send_answer,
        data_keyword_argument="job",
        persistence_store=bot().answered,
        config=IdempotencyConfig(
            event_key_jmespath="update_id",
            raise_on_no_idempotency_key=True,
            expires_after_seconds=REMEMBERED,
            lambda_context=lambda_context,
        ),
        key_prefix="photo",
    )
    try:
        once(job=job)
    except IdempotencyAlreadyInProgressError:
        # The same update came twice, and the other one is at work; if it fails, this one takes over.
        metrics.count("AlreadyInProgress")
        raise
    except Exception as error:
        if is_sent:
            # To fail now would send the answer a second time.
            logger.exception("photo answered, but not remembered", update_id=job.update_id)
            return
        _note_failure(error, record, job, attempt)
        raise


def _answer(job: PhotoJob) -> None:
    parts = bot()
    try:
        answered = parts.loop.run(answer(job, parts.telegram, parts.recognizer))
    except Undeliverable as error:
        logger.warning("answer undeliverable", update_id=job.update_id, reason=str(error))
        metrics.count("Undeliverable")
        return
    logger.info(
        "photo answered",
        update_id=job.update_id,
        faces=answered.faces,
        milliseconds=answered.milliseconds,
        model=parts.recognizer.manifest.version,
    )
    metrics.count("PhotoAnswered")
    if answered.faces is None:
        metrics.count("UnreadablePhoto")
    else:
        metrics.count("Faces", answered.faces)


def _note_failure(error: Exception, record: SQSRecord, job: PhotoJob, attempt: int) -> None:
    """Log it; let the job come back when Telegram says so; on the last attempt say sorry to the sender."""
    metrics.count("PhotoFailed")
    if isinstance(error, TelegramFailure):
        logger.error("photo not answered", update_id=job.update_id, attempt=attempt, reason=str(error))
    else:
        logger.exception("photo not answered", update_id=job.update_id, attempt=attempt)
    if attempt >= recognizer_settings().max_receive_count:
        _apologise(job)
    elif isinstance(error, TryAgain) and error.retry_after is not None:
        _come_back_after(error.retry_after, record)


def _apologise(job: PhotoJob) -> None:
    parts = bot()
    try:
        parts.loop.run(parts.telegram.send_text(job, texts(job.language).apology))
    except TelegramFailure as error:
        logger.warning("no apology sent", update_id=job.update_id, reason=str(error))


def _come_back_after(seconds: int, record: SQSRecord) -> None:
    """Hide the message for exactly as long as Telegram asks, not for the queue's own visibility timeout."""
    sqs = boto3.client("sqs")
    try:
        sqs.change_message_visibility(
            QueueUrl=sqs.get_queue_url(QueueName=record.event_source_arn.rpartition(":")[2])["QueueUrl"],
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=min(seconds + 1, LONGEST_WAIT),
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("the job comes back when the queue says", reason=type(error).__name__)
