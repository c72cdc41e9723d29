"""One chat floods the bot: what others have to wait meanwhile, beside what they wait without it."""

from __future__ import annotations

import time
from collections import Counter
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING, Final

from emotion_bot.records import JOBS_A_MINUTE
from playground.telegram import Clock
from soak.crowd import kind
from soak.result import Figures, Result
from soak.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from soak.crowd import Sent
    from soak.stage import Stage

BOUND: Final = 15.0
"""Seconds that the flood may add to anybody's wait. Telegram takes a message a second into a chat, and for
that a photo waits up to ten in its invocation; so long, who has one of the flooder's takes no others."""
PATIENCE: Final = 300.0
"""Seconds for all answers."""
ENVIRONMENTS: Final = 2
"""As MaximumConcurrency is at least."""


class Minute(Clock):
    """Begins with a minute, since that is what the limit counts by."""

    def __init__(self) -> None:
        super().__init__()
        self._ahead = -time.time() % 60

    def now(self) -> float:
        """Seconds since 1970, and up to a minute more."""
        return super().now() + self._ahead


def run(
    store: Path, photos: int = 300, others: int = 20, seconds: float = 50, *, limits: bool = True
) -> Result:
    """The others send a photo each, evenly spread over the time; once alone, once beside the flood.

    Args:
        store: a folder laid out as `models/`.
        photos: of the flood.
        others: people.
        seconds: that all of it takes.
        limits: whether Telegram takes only so many messages into a chat.
    """
    with stage(store, ENVIRONMENTS, limits=limits) as scene:
        _, theirs = stream(scene, 0, others, seconds)
        alone = waits(scene, theirs)
    with stage(store, ENVIRONMENTS, limits=limits, clock=Minute()) as scene:
        flood, theirs = stream(scene, photos, others, seconds)
        beside = waits(scene, theirs)
        scene.wait_until_done(PATIENCE)
        answers = [answer for each in flood for _, answer in scene.answers.to.get(each.key, [])]
        kinds = [kind(answer) for answer in answers]
    # A busy machine may take longer than the minute.
    minutes = Counter(each.update["message"]["date"] // 60 for each in flood).values()
    figures: Figures = {
        "photos": photos,
        "others": others,
        "seconds": round(seconds),
        "limit": JOBS_A_MINUTE,
        "answered": sum(each in ("picture", "no face") for each in kinds),
        "told": kinds.count("too many"),
        "alone": alone,
        "beside": beside,
        "bound": BOUND,
    }
    shown = (
        photos > JOBS_A_MINUTE  # else it is none
        and not alone["lost"]
        and not beside["lost"]
        and figures["answered"] == sum(min(count, JOBS_A_MINUTE) for count in minutes)
        and figures["told"] == sum(count > JOBS_A_MINUTE for count in minutes)
    )
    return Result(shown, figures, in_time=shown and beside["max"] <= alone["max"] + BOUND)


def stream(scene: Stage, photos: int, others: int, seconds: float) -> tuple[list[Sent], list[Sent]]:
    """Send what one chat sends, and what the others do, each evenly spread."""
    (flooder,), crowd = scene.people(1), scene.people(others)
    when = [(seconds * number / max(1, photos), flooder) for number in range(photos)]
    when += [(seconds * (number + 0.5) / others, person) for number, person in enumerate(crowd)]
    flood: list[Sent] = []
    theirs: list[Sent] = []
    began = monotonic()
    for at, person in sorted(when, key=lambda each: each[0]):
        time.sleep(max(0.0, began + at - monotonic()))
        (flood if person is flooder else theirs).append(scene.crowd.sends(person))
    return flood, theirs


def waits(scene: Stage, theirs: list[Sent]) -> Figures:
    """How long the others waited for their answers."""
    scene.wait_for_answers(theirs, PATIENCE)
    came = [(each, scene.answers.to.get(each.key, [])) for each in theirs]
    seconds = [found[0][0] - each.at for each, found in came if found]
    return {
        "median": round(median(seconds), 2) if seconds else None,
        "max": round(max(seconds), 2) if seconds else None,
        "lost": len(theirs) - len(seconds),
    }
