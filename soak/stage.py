"""The whole bot on this machine, for an experiment; each of the recognizer's environments is a process."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import boto3

from emotion_bot.telemetry import logger
from playground.aws import VISIBILITY_TIMEOUT
from playground.local_bot import TIMEOUT, playground
from playground.runtime.environments import Environments
from playground.runtime.event_source import Watcher
from playground.telegram import Person
from soak.crowd import Answers, Crowd

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence

    from playground.local_bot import LocalBot
    from playground.telegram import Clock, Telegram
    from soak.crowd import Sent

_LOOK: Final = 0.05
"""Seconds between two looks whether what is waited for has come."""


@dataclass
class Stage:
    """The bot, and everybody about it."""

    telegram: Telegram
    bot: LocalBot
    environments: Environments
    answers: Answers
    crowd: Crowd

    @property
    def metrics(self) -> Counter[str]:
        """What the recognizer counted."""
        return self.environments.metrics

    def people(self, count: int) -> list[Person]:
        """So many, each in a chat of their own."""
        return [Person(self.telegram) for _ in range(count)]

    def answered(self, sent: Sequence[Sent]) -> int:
        """How many of the photos have an answer."""
        return sum(bool(self.answers.to.get(each.key)) for each in sent)

    @property
    def is_done(self) -> bool:
        """Whether nothing is on its way any more, to the bot or in its queue."""
        return not self.telegram.pending and not self.bot.aws.waiting and self.bot.jobs.idle.is_set()

    def wait_for_answers(self, sent: Sequence[Sent], patience: float) -> bool:
        """Whether all have one within so many seconds; sooner, where no answer can come any more."""
        until(lambda: self.answered(sent) == len(sent) or self.is_done, patience)
        return self.answered(sent) == len(sent)

    def wait_until_done(self, patience: float) -> bool:
        """Whether all is done within so many seconds."""
        return until(lambda: self.is_done, patience)


class Impatient(Watcher):
    """Has a failed job come back sooner than it would.

    Args:
        queue_url: of the queue.
        seconds: after which it comes.
    """

    def __init__(self, queue_url: str, seconds: int) -> None:
        self._queue_url, self._seconds = queue_url, seconds
        self._sqs = boto3.client("sqs")

    def given_back(self, message: dict[str, Any]) -> None:
        """Overrule the queue, and what the bot asked it for."""
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=message["ReceiptHandle"],
            VisibilityTimeout=self._seconds,
        )


@contextmanager
def stage(
    store: Path,
    environments: int = 1,
    *,
    clock: Clock | None = None,
    limits: bool = True,
    timeout: int = TIMEOUT,
    visibility: int = VISIBILITY_TIMEOUT,
    comes_back: int | None = None,
) -> Iterator[Stage]:
    """Set up the bot, and take it away at the end.

    Args:
        store: a folder laid out as `models/`.
        environments: of the recognizer, at most.
        clock: Telegram's.
        limits: whether the bot may send only so much.
        timeout: seconds of an invocation.
        visibility: seconds until a job that failed comes back, where the bot does not say otherwise.
        comes_back: seconds until it does, whatever the bot says.
    """
    with (
        _in_silence(),
        playground(
            store, clock, limits=limits, environments=environments, timeout=timeout, visibility=visibility
        ) as (
            telegram,
            bot,
        ),
    ):
        if comes_back is not None:
            bot.jobs.watchers.append(Impatient(bot.aws.queue_url, comes_back))
        answers = Answers()
        telegram.observers.append(answers)
        if not isinstance(bot.recognizer, Environments):
            raise TypeError(bot.recognizer)
        yield Stage(telegram, bot, bot.recognizer, answers, Crowd())


def until(condition: Callable[[], bool], patience: float) -> bool:
    """Whether something comes true within so many seconds."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK)
    return True


@contextmanager
def _in_silence() -> Iterator[None]:
    """What the webhook and the registrar log, in this process, goes nowhere."""
    handler: Any = logger.registered_handler
    with contextlib.ExitStack() as parts:
        nowhere = parts.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        before = handler.setStream(nowhere)
        parts.callback(handler.setStream, before or sys.stdout)
        parts.enter_context(contextlib.redirect_stdout(nowhere))
        yield
