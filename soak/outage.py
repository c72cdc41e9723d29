"""S3 out of reach while the recognizer starts: photos wait, and each is answered once S3 is back."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from soak.crowd import is_right
from soak.result import Figures, Result
from soak.stage import stage, until

if TYPE_CHECKING:
    from pathlib import Path

    from playground.services import How
    from soak.stage import Stage

PATIENCE: Final = 300.0
"""Seconds for a recognizer that starts, and for all answers once S3 is back."""
TIMEOUT: Final = 20
"""Seconds of an invocation; 60 in infra/template.yaml."""
VISIBILITY: Final = 20
"""Seconds until a job comes back from the third time on; 360 there."""
OUTAGES: Final[dict[How, float]] = {"silent": 60, "closed": 8, "failing": 8}
"""How S3 fails, and for how many seconds: it says nothing, ends connections, answers 503."""


def run(
    store: Path, outages: dict[How, float] = OUTAGES, photos: int = 20, comes_back: int | None = None
) -> Result:
    """Let S3 fail in each of the ways; photos come meanwhile, and find no recognizer that is warm.

    Args:
        store: a folder laid out as `models/`.
        outages: seconds by kind of failure.
        photos: each time.
        comes_back: seconds until a failed photo is tried again, instead of the bot's own.
    """
    with stage(store, 2, timeout=TIMEOUT, visibility=VISIBILITY, comes_back=comes_back) as scene:
        figures: Figures = {how: outage(scene, how, seconds, photos) for how, seconds in outages.items()}
    shown = all(not each["lost"] and not each["wrong"] and each["no_model"] for each in figures.values())
    return Result(shown, {"photos": photos, "outages": figures})


def outage(scene: Stage, how: How, seconds: float, photos: int) -> Figures:
    """One outage: what became of the photos that came meanwhile."""
    counted = scene.metrics["NoModel"]
    scene.environments.stop()
    with scene.bot.aws.unreachable("s3", how):
        began = monotonic()
        sent = [scene.crowd.sends(person) for person in scene.people(photos)]
        until(
            lambda: monotonic() > began + seconds and scene.metrics["NoModel"] > counted,
            seconds + PATIENCE,
        )
        early = scene.answered(sent)
    back = monotonic()
    scene.wait_for_answers(sent, PATIENCE)
    scene.wait_until_done(PATIENCE)
    answers = {each.key: scene.answers.to.get(each.key, []) for each in sent}
    return {
        "seconds": round(back - began),
        "no_model": int(scene.metrics["NoModel"] - counted),
        "answered_meanwhile": early,
        "lost": sum(not came for came in answers.values()),
        "wrong": sum(
            len(answers[each.key]) > 1 or any(not is_right(each, answer) for _, answer in answers[each.key])
            for each in sent
        ),
        "last": round(max((came[0][0] for came in answers.values() if came), default=back) - back, 1),
    }
