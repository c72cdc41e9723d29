"""One attempt at a job: answered once and in time; what goes wrong is noted, told, or left to the queue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.answer import about, answer, answer_album
from emotion_bot.chat.errors import Refused, TelegramFailure, TryAgain, Undeliverable
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import AboutJob, AlbumJob, PhotoJob
from emotion_bot.once import configure, once
from emotion_bot.records import AlbumGone
from emotion_bot.settings import recognizer_settings
from emotion_bot.telemetry import Counters, logger

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence
    from concurrent.futures import Future, ThreadPoolExecutor

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

    from emotion_bot.answer import Answered
    from emotion_bot.chat.telegram import Telegram
    from emotion_bot.jobs import AlbumItem, Job
    from emotion_bot.records import Albums
    from emotion_bot.vision import Recognizer

T = TypeVar("T")

TIME_TO_SAY_SO: Final = 5.0
"""Seconds before the end of an invocation at which a job that is not answered is given back, alone."""
ALBUM_PATIENCE: Final = 0.5
"""Share of the time until then that the photos of an album have to come; the rest is for the answer."""
ALBUM_FILES: Final = 4
"""Files of albums, of up to 20 MB, that are in memory at one time, or on their way there."""
LONGEST_WAIT: Final = 43_200
"""Seconds; SQS hides a message for 12 hours at most."""

metrics = Counters()


@dataclass(frozen=True)
class Bot:
    """What is made once per cold start and serves every job after that."""

    recognizer: Recognizer
    telegram: Telegram
    answered: BasePersistenceLayer
    """Which updates are answered."""
    albums: Albums
    sqs: SQSClient
    workers: ThreadPoolExecutor
    """Each thread sees one job of a batch through."""
    loop: asyncio.AbstractEventLoop
    """One for the environment's life, so that connections to Telegram stay open."""
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(ALBUM_FILES))
    """For files of albums."""

    def __post_init__(self) -> None:
        """Before any job asks the table."""
        configure(self.answered)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let the event loop do it meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def close(self) -> None:
        """End what the end of the process would."""
        self.workers.shutdown()
        self.begin(self.telegram.close()).result()
        self.loop.call_soon_threadsafe(self.loop.stop)


@dataclass
class Attempt:
    """One delivery of a job by the queue."""

    job: Job
    record: SQSRecord
    bot: Bot
    context: LambdaContext
    began: float = field(default_factory=perf_counter)
    photo: Future[bytes] | None = None
    """Its download, where the job is one photo's."""

    @property
    def number(self) -> int:
        """How often the queue has delivered the job, from 1."""
        return int(self.record.attributes.approximate_receive_count or 1)

    @property
    def is_last(self) -> bool:
        """Whether the queue gives the job up if this one fails."""
        return self.number >= recognizer_settings().max_receive_count

    def make(self) -> None:
        """Answer the job unless that is done, remember it, and note what went wrong.

        Raises:
            Exception: the queue shall keep the job.
        """
        if isinstance(self.job, PhotoJob):
            # A download harms nobody, so it begins before the table says that the photo is not answered yet.
            self.photo = self.bot.begin(self.bot.telegram.download(self.job.file_id))
        try:
            once(self._answer, self.job, self.bot.answered, self.context)
        except IdempotencyAlreadyInProgressError:
            # The same update came twice, and the other one is at work; if it fails, this one takes over.
            metrics.count("AlreadyInProgress")
            raise
        except AlbumGone:
            # No other attempt would find it.
            logger.error("album gone", update_id=self.job.update_id, attempt=self.number)
            metrics.count("AlbumGone")
            self._apologise()
        except Exception as error:
            self._note_failure(error)
            raise
        finally:
            if self.photo:
                self.photo.cancel()

    def _answer(self) -> None:
        items: Sequence[AlbumItem] = ()
        if isinstance(self.job, AlbumJob):
            items = self.bot.albums.take(self.job)
            if not items:
                logger.warning("album answered before, but not remembered", update_id=self.job.update_id)
                return
        asked = perf_counter() - self.began
        try:
            answered = self.bot.begin(self._answer_in_time(items)).result()
        except Undeliverable as error:
            logger.warning("answer undeliverable", update_id=self.job.update_id, reason=str(error))
            metrics.count("Undeliverable")
            if isinstance(error, Refused):
                self._apologise()  # a group may allow texts, but no photos
        except TimeoutError:
            raise TryAgain("the invocation has no time left") from None
        else:
            answered.note("remember", asked)
            self._note_answer(answered)
        if isinstance(self.job, AlbumJob):
            self._forget(self.job)

    async def _answer_in_time(self, items: Sequence[AlbumItem]) -> Answered:
        telegram, recognizer = self.bot.telegram, self.bot.recognizer
        seconds = self.context.get_remaining_time_in_millis() / 1000 - TIME_TO_SAY_SO
        async with asyncio.timeout(seconds):
            match self.job:
                case PhotoJob():
                    photo = asyncio.wrap_future(self.photo) if self.photo else None
                    return await answer(self.job, telegram, recognizer, photo)
                case AlbumJob():
                    return await answer_album(
                        self.job,
                        items,
                        telegram,
                        recognizer,
                        self.bot.places,
                        patience=ALBUM_PATIENCE * seconds,
                        is_last=self.is_last,
                    )
                case AboutJob():
                    return await about(self.job, telegram, recognizer.manifest)

    def _note_answer(self, answered: Answered) -> None:
        found: dict[str, Any] = {}
        if not isinstance(self.job, AboutJob):
            found = {"faces": answered.faces, "milliseconds": answered.milliseconds}
            if answered.faces is None:
                metrics.count("UnreadablePhoto")
            else:
                metrics.count("Faces", answered.faces)
        if isinstance(self.job, AlbumJob):
            found["photos"] = answered.photos
            metrics.count("AlbumPhotos", answered.photos)
        for error in answered.lost:
            self._log("photo of an album lost", error)
            metrics.count("PhotoLost")
        kind, model = self.job.kind, self.bot.recognizer.manifest.version
        logger.info(f"{kind} answered", update_id=self.job.update_id, **found, model=model)
        metrics.count(f"{kind.title()}Answered")

    def _note_failure(self, error: Exception) -> None:
        """Log it; let the job come back when it should; on the last attempt say sorry to the sender."""
        metrics.count(f"{self.job.kind.title()}Failed")
        self._log(f"{self.job.kind} not answered", error)
        if self.is_last:
            self._apologise()
        elif isinstance(error, TryAgain) and error.retry_after is not None:
            self._come_back_after(error.retry_after)

    def _log(self, what: str, error: BaseException) -> None:
        if isinstance(error, TelegramFailure):
            logger.error(what, update_id=self.job.update_id, attempt=self.number, reason=str(error))
        else:
            logger.error(what, update_id=self.job.update_id, attempt=self.number, exc_info=error)

    def _apologise(self) -> None:
        words = texts(self.job.language)
        match self.job:
            case PhotoJob():
                apology = words.apology
            case AlbumJob():
                apology = words.album_apology
            case AboutJob():
                return  # its answer is a sentence: where that cannot be sent, no other can
        try:
            self.bot.begin(self.bot.telegram.send_text(self.job, apology)).result()
        except TelegramFailure as error:
            logger.warning("no apology sent", update_id=self.job.update_id, reason=str(error))

    def _forget(self, job: AlbumJob) -> None:
        try:
            self.bot.albums.forget(job)
        except (BotoCoreError, ClientError) as error:
            # The files go by themselves within a day; to fail now would send the answer a second time.
            logger.warning("album not forgotten", update_id=job.update_id, reason=type(error).__name__)

    def _come_back_after(self, seconds: int) -> None:
        """Hide the message for exactly as long as it takes, not for the queue's own visibility timeout."""
        sqs, queue = self.bot.sqs, self.record.event_source_arn.rpartition(":")[2]
        try:
            sqs.change_message_visibility(
                QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"],
                ReceiptHandle=self.record.receipt_handle,
                VisibilityTimeout=min(seconds + 1, LONGEST_WAIT),
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("the job comes back when the queue says", reason=type(error).__name__)
