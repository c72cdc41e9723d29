"""SQS batch in; every photo of it recognised and answered, once."""

from __future__ import annotations

import gc

gc.disable()  # while INIT makes what stays, there is no garbage to find: a sixth of the cold start

# ruff: noqa: E402
import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from threading import Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from emotion_bot.answer import Answered, answer, warm_up
from emotion_bot.chat.errors import TelegramFailure, TryAgain, Undeliverable
from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import PhotoJob
from emotion_bot.settings import in_lambda, recognizer_settings
from emotion_bot.store import StoreError, open_bundle
from emotion_bot.telemetry import Counters, logger, tracer
from emotion_bot.vision import Recognizer

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future

    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

T = TypeVar("T")

AT_ONCE: Final = 10
"""Photos; a batch has no more (BatchSize in the template)."""
TIME_TO_SAY_SO: Final = 5.0
"""Seconds before the end of an invocation at which a photo that is not answered is given back, alone."""
KEY_PREFIX: Final = "photo"
REMEMBERED: Final = 25 * 60 * 60
"""Seconds. Telegram may send an update again for 24 hours."""
LONGEST_WAIT: Final = 43_200
"""Seconds; SQS hides a message for 12 hours at most."""
PATIENCE: Final = Config(
    connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
"""With AWS, which answers in milliseconds; botocore gives a connection that died in a freeze a minute."""

metrics = Counters()


class UnreadableJob(ValueError):
    """The message is no PhotoJob of this version; it belongs into the dead-letter queue."""


class Overlapping(BatchProcessor):
    """Powertools' own takes one record after the other; here they share the environment, each in a thread."""

    def process(self) -> list[tuple[Any, ...]]:
        """Answer each record."""
        return list(bot().workers.map(self._process_record, self.records))


@dataclass(frozen=True)
class Bot:
    """What is made once per cold start and serves every photo after that."""

    recognizer: Recognizer
    telegram: Telegram
    answered: BasePersistenceLayer
    """Which updates are answered."""
    sqs: SQSClient
    workers: ThreadPoolExecutor
    """Each thread sees one photo of a batch through."""
    loop: asyncio.AbstractEventLoop
    """One for the environment's life, so that connections to Telegram stay open."""

    def __post_init__(self) -> None:
        """Configure the table now: photos that share it from the start would meet it half configured."""
        self.answered.configure(idempotency(), key_prefix=KEY_PREFIX)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let the event loop do it meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        """End what the end of the process would."""
        self.workers.shutdown()
        self.begin(self.telegram.close()).result()
        self.loop.call_soon_threadsafe(self.loop.stop)


def idempotency(context: LambdaContext | None = None) -> IdempotencyConfig:
    """An update is remembered by its id; an attempt counts as at work until its invocation's time is up."""
    return IdempotencyConfig(
        event_key_jmespath="update_id",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=REMEMBERED,
        lambda_context=context,
    )


def event_loop() -> asyncio.AbstractEventLoop:
    """One that runs in a thread of its own until it is stopped."""
    loop = asyncio.new_event_loop()

    def run() -> None:
        with contextlib.closing(loop):
            loop.run_forever()

    Thread(target=run, name="event loop", daemon=True).start()
    return loop


@lru_cache
def bot() -> Bot:
    """Load the model and the token, and open a connection to Telegram meanwhile.

    Raises:
        StoreError: the model is missing or altered; a function without one must not start.
    """
    settings = recognizer_settings()
    # All of boto3's default session: with a session each, the same descriptions are read again, for 95 ms.
    ssm = boto3.client("ssm", config=PATIENCE)
    dynamodb = boto3.client("dynamodb", config=PATIENCE)
    sqs = boto3.client("sqs", config=PATIENCE)
    workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="photo")
    parameter = workers.submit(ssm.get_parameter, Name=settings.bot_token_parameter, WithDecryption=True)
    try:
        bundle = open_bundle(settings.model_store, settings.engine)
    except StoreError as error:
        logger.critical("no model", reason=str(error))
        metrics.count("NoModel")
        raise
    parts = Bot(
        recognizer=Recognizer.load(bundle),
        telegram=Telegram(parameter.result()["Parameter"]["Value"], str(settings.telegram_api_url)),
        answered=DynamoDBPersistenceLayer(table_name=settings.idempotency_table, boto3_client=dynamodb),
        sqs=sqs,
        workers=workers,
        loop=event_loop(),
    )
    parts.begin(parts.telegram.connect())
    warm_up(parts.recognizer)
    return parts


if in_lambda():
    try:
        bot()
    except StoreError:
        metrics.flush_metrics()  # no invocation will end that would
        raise
    gc.freeze()  # to look through what stays would cost a photo 80 ms now and then
gc.enable()


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Answer a batch of photo jobs: one is recognised while others are fetched and sent.

    Returns:
        The messages that SQS shall deliver again, or, after the last attempt, park in the dead-letter queue.
    """
    metrics.count("Jobs", len(event["Records"]))
    bot()  # without a model the whole batch fails, not each of its photos
    processor = Overlapping(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
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
    # A download harms nobody, so it begins before the table says that the photo is not answered yet.
    photo = bot().begin(bot().telegram.download(job.file_id))
    is_sent = False

    def send_answer(*, job: PhotoJob) -> None:
        nonlocal is_sent
        _answer(job, photo, perf_counter() - start, lambda_context)
        is_sent = True

    once = idempotent_function(
        send_answer,
        data_keyword_argument="job",
        persistence_store=bot().answered,
        config=idempotency(lambda_context),
        key_prefix=KEY_PREFIX,
    )
    start = perf_counter()
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
    finally:
        photo.cancel()


def _answer(job: PhotoJob, photo: Future[bytes], asked: float, context: LambdaContext) -> None:
    parts = bot()

    async def in_time() -> Answered:
        async with asyncio.timeout(context.get_remaining_time_in_millis() / 1000 - TIME_TO_SAY_SO):
            return await answer(job, parts.telegram, parts.recognizer, asyncio.wrap_future(photo))

    try:
        answered = parts.begin(in_time()).result()
    except Undeliverable as error:
        logger.warning("answer undeliverable", update_id=job.update_id, reason=str(error))
        metrics.count("Undeliverable")
        return
    except TimeoutError:
        raise TryAgain("the invocation has no time left") from None
    answered.note("remember", asked)
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
        parts.begin(parts.telegram.send_text(job, texts(job.language).apology)).result()
    except TelegramFailure as error:
        logger.warning("no apology sent", update_id=job.update_id, reason=str(error))


def _come_back_after(seconds: int, record: SQSRecord) -> None:
    """Hide the message for exactly as long as Telegram asks, not for the queue's own visibility timeout."""
    sqs = bot().sqs
    try:
        sqs.change_message_visibility(
            QueueUrl=sqs.get_queue_url(QueueName=record.event_source_arn.rpartition(":")[2])["QueueUrl"],
            ReceiptHandle=record.receipt_handle,
            VisibilityTimeout=min(seconds + 1, LONGEST_WAIT),
        )
    except (BotoCoreError, ClientError) as error:
        logger.warning("the job comes back when the queue says", reason=type(error).__name__)
