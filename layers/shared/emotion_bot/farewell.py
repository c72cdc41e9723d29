"""When every attempt has failed: the sender is told so, once, and the queue parks the job."""

from __future__ import annotations

from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyPersistenceLayerError,
)

from emotion_bot.bot import metrics, seconds_left
from emotion_bot.chat.errors import TelegramFailure
from emotion_bot.chat.telegram import PATIENCE
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import AboutJob, AlbumJob, FloodJob, PhotoJob
from emotion_bot.once import once
from emotion_bot.records import jobs_a_minute
from emotion_bot.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from emotion_bot.bot import Bot
    from emotion_bot.chat.telegram import Telegram
    from emotion_bot.jobs import Job

PAUSE: Final = 1.0
"""Seconds until one looks again whether another attempt is still at work."""


class GivenUp(Exception):
    """There will be no answer; the job belongs into the dead-letter queue."""


@dataclass
class Farewell:
    """The last delivery of a job by the queue. No photo is looked at, so it needs no model."""

    job: Job
    bot: Bot
    context: LambdaContext

    def bid(self) -> None:
        """Apologise to the sender, unless the update is answered, or was apologised for.

        Raises:
            GivenUp: the queue shall park the job.
        """
        while True:
            try:
                once(self._give_up, self.job, self.bot.answered, self.context)
            except IdempotencyAlreadyInProgressError:
                # The same update came twice, and the other one may be answered yet; or an attempt was killed.
                if seconds_left(self.context) < PAUSE:
                    metrics.count("AlreadyInProgress")
                    raise
                sleep(PAUSE)
            except IdempotencyPersistenceLayerError:
                # Perhaps that the table is out of reach is why all failed; the sender is told all the same.
                self._give_up()
            else:
                return

    def _give_up(self) -> None:
        """Not remembered as an answer: the job can be answered when it is put back into the queue."""
        logger.error(f"{self.job.kind} given up", update_id=self.job.update_id)
        metrics.count("GivenUp")
        try:
            self._apologise_once()
        except TelegramFailure as error:
            logger.error("no apology sent", update_id=self.job.update_id, reason=str(error))
            metrics.count("NotApologised")
        raise GivenUp

    def _apologise_once(self) -> None:
        try:
            once(self._apologise, self.job, self.bot.apologised, self.context)
        except IdempotencyPersistenceLayerError:
            self._apologise()  # better twice than never

    def _apologise(self) -> None:
        apology = apologise(self.job, self.bot.telegram, patience=seconds_left(self.context))
        self.bot.in_time(apology, self.context)


async def apologise(job: Job, telegram: Telegram, *, patience: float = PATIENCE) -> None:
    """Tell the sender that there is no answer, and what to do.

    Args:
        job: whose sender.
        telegram: the way to them.
        patience: seconds to wait at most where Telegram says "slow down".

    Raises:
        TelegramFailure: any but FileTooBig.
    """
    words = texts(job.language)
    match job:
        case PhotoJob():
            apology = words.apology
        case AlbumJob():
            apology = words.album_apology
        case AboutJob():
            apology = words.about_apology
        case FloodJob():
            apology = words.too_many(jobs_a_minute(job))  # that is all there was to say
    await telegram.send_text(job, apology, patience=patience)
