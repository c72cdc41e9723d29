"""One attempt at a job: answered once and in time, and what went wrong is noted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from botocore.exceptions import BotoCoreError, ClientError

from emotion_bot.answer import about, answer, answer_album, too_many
from emotion_bot.bot import NoModel, metrics, seconds_left
from emotion_bot.chat.errors import (
    Refused,
    TelegramFailure,
    TokenRejected,
    TokenUnavailable,
    TryAgain,
    Undeliverable,
)
from emotion_bot.farewell import apologise
from emotion_bot.jobs import AboutJob, AlbumJob, FloodJob, PhotoJob
from emotion_bot.once import once
from emotion_bot.records import AlbumGone
from emotion_bot.telemetry import logger
from emotion_bot.vision.apart import RecognizerDied

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from emotion_bot.answered import Answered
    from emotion_bot.bot import Bot
    from emotion_bot.delivery import Delivery
    from emotion_bot.jobs import AlbumItem, Job

ALBUM_PATIENCE: Final = 0.5
"""Share of an invocation's time that the photos of an album have to come; the rest is for the answer."""


@dataclass
class Attempt:
    """To answer a job that the queue has delivered."""

    job: Job
    delivery: Delivery
    bot: Bot
    context: LambdaContext
    began: float = field(default_factory=perf_counter)
    photo: Future[bytes] | None = None
    """Its download, where the job is one photo's."""

    def make(self) -> None:
        """Answer the job unless that is done, remember it, and note what went wrong.

        Raises:
            Exception: the queue shall deliver the job again.
        """
        if isinstance(self.job, PhotoJob):
            # A download harms nobody, so it begins before the table says that the photo is not answered yet.
            self.photo = self.bot.begin(self.bot.telegram.download(self.job.file_id))
        try:
            if not once(self._answer, self.job, self.bot.answered, self.context):
                metrics.count("NotRemembered")
        except IdempotencyAlreadyInProgressError:
            # The same update came twice, and the other one is at work; if it fails, this one takes over.
            metrics.count("AlreadyInProgress")
            raise
        except Exception as error:
            metrics.count(f"{self.job.kind.title()}Failed")
            self._note(f"{self.job.kind} not answered", error)
            raise
        finally:
            if self.photo:
                self.photo.cancel()

    def _answer(self) -> None:
        try:
            items = self.bot.albums.take(self.job) if isinstance(self.job, AlbumJob) else ()
            if isinstance(self.job, AlbumJob) and not items:
                logger.warning("album answered before, but not remembered", update_id=self.job.update_id)
                return
            asked = perf_counter() - self.began
            if not isinstance(self.job, FloodJob):
                self.bot.model.load(seconds_left(self.context))
            answered = self.bot.in_time(self._tell(items), self.context)
        except AlbumGone:
            # No other attempt would find it.
            logger.error("album gone", update_id=self.job.update_id, attempt=self.delivery.number)
            metrics.count("AlbumGone")
            self._apologise()
            return
        except Undeliverable as error:
            self._note_undeliverable(error)
            if isinstance(error, Refused):
                self._apologise()  # a group may allow texts, but no photos
        else:
            answered.note("remember", asked)
            self._note_answer(answered)
        if isinstance(self.job, AlbumJob):
            self._forget(self.job)

    async def _tell(self, items: Sequence[AlbumItem]) -> Answered:
        telegram, model = self.bot.telegram, self.bot.model
        match self.job:
            case PhotoJob():
                photo = asyncio.wrap_future(self.photo) if self.photo else None
                return await answer(self.job, telegram, model, photo)
            case AlbumJob():
                return await answer_album(
                    self.job,
                    items,
                    telegram,
                    model,
                    self.bot.places,
                    patience=ALBUM_PATIENCE * seconds_left(self.context),
                    is_last=self.delivery.is_last_attempt,
                )
            case AboutJob():
                return await about(self.job, telegram, model.deployed, model.trial)
            case FloodJob():
                return await too_many(self.job, telegram)

    def _apologise(self) -> None:
        """In the middle of an attempt, where no other would do better."""
        try:
            self.bot.in_time(apologise(self.job, self.bot.telegram), self.context)
        except Undeliverable as error:
            self._note_undeliverable(error)

    def _note_answer(self, answered: Answered) -> None:
        found: dict[str, Any] = {}
        if isinstance(self.job, (PhotoJob, AlbumJob)):
            found = {"faces": answered.faces, "milliseconds": answered.milliseconds}
            if answered.faces is None:
                metrics.count("UnreadablePhoto")
            else:
                metrics.count("Faces", answered.faces)
        if isinstance(self.job, AlbumJob):
            found["photos"] = answered.photos
            metrics.count("AlbumPhotos", answered.photos)
        metrics.measure("AnswerMilliseconds", 1000 * self.delivery.age)
        # Asking the table was noted last, but came first.
        self.delivery.trace.lay_out({"remember": 0} | answered.milliseconds)
        for look in answered.looks:
            metrics.count_look(look.model, look.faces, look.unsure, look.milliseconds)
        for error in answered.lost:
            metrics.count("PhotoLost")
            self._note("photo of an album lost", error)
        kind = self.job.kind
        if not isinstance(self.job, FloodJob):  # which waits for no model
            found["model"] = answered.model or self.bot.model.deployed.version
        logger.info(f"{kind} answered", update_id=self.job.update_id, **found)
        metrics.count(f"{kind.title()}Answered")
        self.delivery.trace.annotate(**{name: found.get(name) for name in ("faces", "photos", "model")})

    def _note_undeliverable(self, error: Undeliverable) -> None:
        logger.warning("answer undeliverable", update_id=self.job.update_id, reason=str(error))
        metrics.count("Undeliverable")

    def _note(self, what: str, error: BaseException) -> None:
        """Log what went wrong, and count it where somebody should look."""
        # Other errors are bugs, so they come with their trace.
        why: dict[str, Any] = {"exc_info": error}
        if isinstance(error, (TelegramFailure, NoModel, RecognizerDied)):
            why = {"reason": str(error)}
        match error:
            case TryAgain(is_uncertain=True):
                # But for a kill, or a table that cannot be written: how somebody may be answered twice.
                metrics.count("AnswerUncertain")
                why["uncertain"] = True
            case TokenUnavailable() | TokenRejected():
                metrics.count("TokenUnavailable")
            case RecognizerDied():
                metrics.count("RecognizerDied")
        logger.error(what, update_id=self.job.update_id, attempt=self.delivery.number, **why)

    def _forget(self, job: AlbumJob) -> None:
        try:
            self.bot.albums.forget(job)
        except (BotoCoreError, ClientError) as error:
            # The files go by themselves within a day; to fail now would send the answer a second time.
            logger.warning("album not forgotten", update_id=job.update_id, reason=type(error).__name__)
