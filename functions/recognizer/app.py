"""SQS batch in; every job of it answered."""

from __future__ import annotations

import gc

gc.disable()  # while INIT makes what stays, there is no garbage to find: a sixth of the cold start

# ruff: noqa: E402
import os
from functools import lru_cache

from emotion_bot.vision.apart import RecognizerApart


@lru_cache
def recognizer() -> RecognizerApart:
    """The process that looks at photos."""
    return RecognizerApart()


if "AWS_LAMBDA_RUNTIME_API" in os.environ:
    recognizer()  # imports what it needs while this process does

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from emotion_bot.attempt import Attempt
from emotion_bot.bot import Bot, Model, NoModel, metrics
from emotion_bot.chat.errors import TokenUnavailable
from emotion_bot.chat.telegram import Telegram
from emotion_bot.delivery import Delivery
from emotion_bot.farewell import Farewell
from emotion_bot.jobs import read_job
from emotion_bot.records import Albums
from emotion_bot.settings import in_lambda, recognizer_settings
from emotion_bot.store.s3 import PATIENCE as AT_INIT
from emotion_bot.telemetry import logger, tracer
from emotion_bot.trace import carried_on

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from emotion_bot.jobs import Job

AT_ONCE: Final = 10
"""Jobs; a batch has no more (BatchSize in the template)."""
INIT_TIME: Final = 8.0
"""Seconds for the model and the token, of the ten that INIT has."""
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
    """The parts; neither the model nor the token has come yet."""
    settings = recognizer_settings()
    # All of boto3's default session: with a session each, the same descriptions are read again, for 95 ms.
    ssm = boto3.client("ssm", config=AT_INIT)
    dynamodb = boto3.client("dynamodb", config=PATIENCE)
    sqs = boto3.client("sqs", config=PATIENCE)

    def read_token() -> str:
        try:
            found = ssm.get_parameter(Name=settings.bot_token_parameter, WithDecryption=True)
        except (BotoCoreError, ClientError) as error:
            raise TokenUnavailable(type(error).__name__) from None
        return found["Parameter"]["Value"]

    def table() -> DynamoDBPersistenceLayer:
        return DynamoDBPersistenceLayer(table_name=settings.records_table, boto3_client=dynamodb)

    return Bot(
        recognizer=recognizer(),
        model=Model(recognizer(), settings.model_store, settings.engine),
        telegram=Telegram(
            None,
            str(settings.telegram_api_url),
            read_token=read_token,
            throttled=lambda: metrics.count("TelegramThrottled"),
        ),
        answered=table(),
        apologised=table(),
        albums=Albums(dynamodb, settings.records_table),
        sqs=sqs,
        workers=ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job"),
        loop=event_loop(),
    )


def get_ready() -> None:
    """Load the model, and meanwhile read the token and open a connection to Telegram.

    The function always starts: what has not come by then, the first invocation waits for, or asks for again.
    """
    parts, until = bot(), monotonic() + INIT_TIME
    connected = parts.begin(parts.telegram.connect())
    with contextlib.suppress(NoModel):
        parts.model.load(INIT_TIME)
    try:
        connected.result(until - monotonic())
    except TimeoutError:
        logger.warning("the token is still on its way")
    except TokenUnavailable as error:
        logger.critical("no token", reason=str(error))
        metrics.count("TokenUnavailable")
    if metrics.metric_set:
        metrics.flush_metrics()  # no invocation will end that would


if in_lambda():
    get_ready()
    gc.freeze()  # to look through what stays would cost a photo 80 ms now and then
gc.enable()


@logger.inject_lambda_context
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Answer a batch of jobs: one photo is recognised while others are fetched and sent.

    Returns:
        The messages that SQS shall deliver again, or, after the farewell, park in the dead-letter queue.
    """
    metrics.count("Jobs", len(event["Records"]))
    answer = process_partial_response(
        event=event,
        record_handler=answer_record,
        processor=Overlapping(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
    if answer["batchItemFailures"]:
        gc.collect()  # traces of what failed hold photos, in circles: by itself Python kept a dozen
    return answer


def answer_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """Answer the job that a message holds; at its last delivery, tell the sender that nobody will.

    Raises:
        Exception: SQS shall deliver it again, or park it.
    """
    with carried_on(record, lambda_context) as trace:
        delivery = Delivery(record, bot().sqs, trace)
        try:
            job = read(record)
            trace.annotate(kind=job.kind)
            if delivery.is_farewell:
                Farewell(job, bot(), lambda_context).bid()
            else:
                Attempt(job, delivery, bot(), lambda_context).make()
        except Exception as error:
            delivery.come_back(error)
            raise


def read(record: SQSRecord) -> Job:
    """The job that a message holds.

    Raises:
        UnreadableJob: none of this version.
    """
    try:
        return read_job(record.body)
    except ValidationError:
        logger.error("not a job", message_id=record.message_id)
        metrics.count("UnreadableJob")
        raise UnreadableJob from None
