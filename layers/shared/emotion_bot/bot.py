"""What is made once per cold start and serves every job after that; the models come when they can be had."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from emotion_bot.chat.errors import TryAgain
from emotion_bot.once import ANSWERED, APOLOGISED, configure
from emotion_bot.store import StoreError, open_bundles
from emotion_bot.telemetry import Counters, logger
from emotion_bot.vision.apart import RecognitionFailed, RecognizerDied

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_sqs import SQSClient

    from emotion_bot.chat.telegram import Telegram
    from emotion_bot.manifest import Manifest
    from emotion_bot.records import Albums
    from emotion_bot.store import Bundles
    from emotion_bot.vision.apart import RecognizerApart, Seen

T = TypeVar("T")

ALBUM_FILES: Final = 4
"""Files of albums, of up to 20 MB, that are in memory at one time, or on their way there."""
TIME_TO_SAY_SO: Final = 5.0
"""Seconds before the end of an invocation at which a job that is not answered is given back, alone."""

metrics = Counters()


class NoModel(Exception):
    """There is nothing to look at photos with, until the store hands out a bundle that is what it says."""


def is_tried_on(update_id: int, share: int) -> bool:
    """Whether the photos of an update are among so many of 100; each time that it comes, the same."""
    return int.from_bytes(sha256(str(update_id).encode()).digest()) % 100 < share


class Model:
    """The deployed bundle, on its way into the recognizer; after a failure it is fetched anew.

    Beside it, one that is on trial on a share of the photos. Where that fails, photos are none the worse: the
    deployed one looks at them, and the environment goes on without the trial.
    """

    def __init__(self, recognizer: RecognizerApart, store: str, engine: str) -> None:
        self._recognizer, self._store, self._engine = recognizer, store, engine
        self._share = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._lock = Lock()
        self._coming: Future[None] | None = None

    def load(self, patience: float) -> None:
        """Wait until the model is there. Whoever comes meanwhile waits for the same fetch.

        Args:
            patience: seconds to wait at most; the fetch goes on.

        Raises:
            NoModel: the store has none that works, cannot be reached, or takes longer.
        """
        with self._lock:
            if self._coming is None or (self._coming.done() and self._coming.exception()):
                self._coming = self._thread.submit(self._fetch)
            coming = self._coming
        try:
            coming.result(patience)
        except TimeoutError:
            raise NoModel("it is still on its way") from None

    def look(self, photo: bytes, update_id: int, use: Callable[[Seen], T]) -> tuple[T, str]:
        """Look at a photo with the model that its update falls to.

        Args:
            photo: as it was sent.
            update_id: of the job that the photo belongs to.
            use: makes of what was seen all that is wanted.

        Returns:
            What `use` made, and the version of the model that looked.

        Raises:
            PhotoError: the photo cannot be read, or is too large.
            RecognizerDied, RecognitionFailed: the deployed model cannot look at it either.
        """
        trial = self._recognizer.trial
        if trial is None or not is_tried_on(update_id, self._share):
            return use(self._recognizer.recognize(photo)), self.deployed.version
        try:
            return use(self._recognizer.recognize(photo, on_trial=True)), trial.version
        except (RecognizerDied, RecognitionFailed) as error:
            used = use(self._recognizer.recognize(photo))  # if that fails, too, the photo is to blame
            self._recognizer.end_trial()
            _note_no_trial(trial.version, error)
            return used, self.deployed.version

    @property
    def deployed(self) -> Manifest:
        """What the bundle says of itself, after it was loaded."""
        return self._recognizer.manifest

    @property
    def trial(self) -> tuple[str, int] | None:
        """The version on trial, and how many of 100 photos it looks at."""
        trial = self._recognizer.trial
        return (trial.version, self._share) if trial else None

    def close(self) -> None:
        """Wait for a fetch that is going on."""
        self._thread.shutdown()
        logger.remove_keys(["model"])

    def _fetch(self) -> None:
        try:
            bundles = open_bundles(self._store, self._engine)
            self._recognizer.load(bundles.deployed)
            self._recognizer.warm_up()
        except Exception as error:
            # Whatever it is: the function starts all the same, and takes the next bundle that works.
            logger.critical("no model", reason=str(error), exc_info=_is_bug(error))
            metrics.count("NoModel")
            raise NoModel(str(error)) from None
        logger.append_keys(model=self.deployed.version)
        self._begin_trial(bundles)

    def _begin_trial(self, bundles: Bundles) -> None:
        if bundles.trial is None:
            return
        try:
            self._recognizer.try_out(bundles.open_trial(bundles.trial))
        except Exception as error:  # whatever it is: the deployed one is there
            _note_no_trial(bundles.trial.version, error)
        else:
            self._share = bundles.trial.share


def _note_no_trial(version: str, error: Exception) -> None:
    logger.error("no model on trial", trial=version, reason=str(error), exc_info=_is_bug(error))
    metrics.count("NoTrialModel")


def _is_bug(error: Exception) -> bool:
    return not isinstance(error, (StoreError, OSError, RecognizerDied, RecognitionFailed))


@dataclass(frozen=True)
class Bot:
    """The parts, and how to use them."""

    recognizer: RecognizerApart
    model: Model
    telegram: Telegram
    answered: BasePersistenceLayer
    """Which updates are answered."""
    apologised: BasePersistenceLayer
    """To whose senders the bot has said that it cannot."""
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
        configure(self.answered, ANSWERED)
        configure(self.apologised, APOLOGISED)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Let the event loop do it meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def in_time(self, work: Coroutine[Any, Any, T], context: LambdaContext) -> T:
        """What the work comes to before the invocation has just time to say that it took too long.

        Raises:
            TryAgain: it took too long.
            Exception: whatever the work raises.
        """

        async def bounded() -> T:
            async with asyncio.timeout(seconds_left(context)):
                return await work

        try:
            return self.begin(bounded()).result()
        except TimeoutError:
            raise TryAgain("the invocation has no time left") from None

    def close(self) -> None:
        """End what the end of the process would."""
        self.recognizer.close()
        self.model.close()
        self.workers.shutdown()
        self.begin(self.telegram.close()).result()
        self.loop.call_soon_threadsafe(self.loop.stop)


def seconds_left(context: LambdaContext) -> float:
    """Of an invocation, for answers."""
    return context.get_remaining_time_in_millis() / 1000 - TIME_TO_SAY_SO
