"""SQS batch in; every job of it answered."""

from __future__ import annotations

import gc

gc.disable()  # while INIT makes what stays, there is no garbage to find: a sixth of the cold start

# ruff: noqa: E402
import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from botocore.config import Config
from pydantic import ValidationError

from emotion_bot.answer import warm_up
from emotion_bot.attempt import Attempt, Bot, metrics
from emotion_bot.chat.telegram import Telegram
from emotion_bot.jobs import read_job
from emotion_bot.records import Albums
from emotion_bot.settings import in_lambda, recognizer_settings
from emotion_bot.store import StoreError, open_bundle
from emotion_bot.telemetry import logger, tracer
from emotion_bot.vision import Recognizer

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

AT_ONCE: Final = 10
"""Jobs; a batch has no more (BatchSize in the template)."""
PATIENCE: Final = Config(
    connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
)
"""With AWS, which answers in milliseconds; botocore gives a connection that died in a freeze a minute."""


class UnreadableJob(ValueError):
    """The message is no job of this version; it belongs into the dead-letter queue."""


class Overlapping(BatchProcessor):
    """Powertools' own takes one record after the other; here they share the environment, each in a thread."""

    def process(self) -> list[tuple[Any, ...]]:
        """Answer each record."""
        return list(bot().workers.map(self._process_record, self.records))


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
    workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")
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
        answered=DynamoDBPersistenceLayer(table_name=settings.records_table, boto3_client=dynamodb),
        albums=Albums(dynamodb, settings.records_table),
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
    """Answer a batch of jobs: one photo is recognised while others are fetched and sent.

    Returns:
        The messages that SQS shall deliver again, or, after the last attempt, park in the dead-letter queue.
    """
    metrics.count("Jobs", len(event["Records"]))
    bot()  # without a model the whole batch fails, not each of its jobs
    processor = Overlapping(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(
        event=event, record_handler=answer_record, processor=processor, context=context
    )


def answer_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Answer the job that a message holds.

    Raises:
        Exception: SQS shall deliver it again.
    """
    try:
        job = read_job(record.body)
    except ValidationError:
        logger.error("not a job", message_id=record.message_id)
        metrics.count("UnreadableJob")
        raise UnreadableJob from None
    Attempt(job, record, bot(), lambda_context).make()
