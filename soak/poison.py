"""A photo that ends the process that looks at it: what becomes of its batch, its sender, and the photo."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from soak.crowd import is_right, kind
from soak.result import Figures, Result
from soak.stage import stage, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from playground.telegram.emulator import Json
    from soak.crowd import Sent

MARK: Final = b"SOAK-POISON"
"""In the poison photo's file. No decoder crashes on it, so one is made to."""
CRASH: Final = f"""
import os
import signal
import sys

sys.path.remove(os.path.dirname(__file__))
del sys.modules["cv2"]
import cv2

read = cv2.imread

def imread(path, *more):
    with open(path, "rb") as file:
        if {MARK!r} in file.read():
            os.kill(os.getpid(), signal.SIGSEGV)
    return read(path, *more)

cv2.imread = imread
"""
"""A `cv2` in front of the real one: OpenCV as it is, but that it crashes on the mark."""
PATIENCE: Final = 300.0
"""Seconds for all attempts."""
VISIBILITY: Final = 20
"""Seconds until a job comes back from the third time on; 360 in infra/template.yaml."""
DELAY: Final = 5.0
"""Seconds that the crash may add to the wait of the others of its batch; the process starts in one."""
BATCH: Final = 10


def run(store: Path, comes_back: int | None = None) -> Result:
    """A batch without the poison; one with it, until it is given up; then mend the cause, and redrive."""
    with crashing() as mend, stage(store, 1, visibility=VISIBILITY, comes_back=comes_back) as scene:
        people = scene.people(2 * BATCH)
        with scene.bot.jobs.held():
            before = [scene.crowd.sends(person) for person in people[:BATCH]]
            until(lambda: scene.bot.aws.waiting == BATCH, PATIENCE)
        scene.wait_for_answers(before, PATIENCE)
        with scene.bot.jobs.held():
            others = [scene.crowd.sends(person) for person in people[BATCH:-1]]
            poison = scene.crowd.sends_file(people[-1], scene.crowd.photo("obama.jpg") + MARK)
            until(lambda: scene.bot.aws.waiting == BATCH, PATIENCE)
        scene.wait_for_answers([*others, poison], PATIENCE)
        until(lambda: scene.bot.aws.dead == 1, PATIENCE)
        scene.environments.stop()  # so that their metrics are out
        told = [kind(answer) for _, answer in scene.answers.to[poison.key]]
        figures: Figures = {
            "told": told,
            "dead_letters": scene.bot.aws.dead,
            "metrics": {
                name: int(scene.metrics[name]) for name in ("RecognizerDied", "GivenUp", "PhotoAnswered")
            },
            "others": {"before": _last(before, scene.answers.to), "beside": _last(others, scene.answers.to)},
            "bound": DELAY,
        }
        mend()
        figures["redriven"] = scene.bot.aws.redrive()
        until(lambda: len(scene.answers.to[poison.key]) > len(told), PATIENCE)
        scene.wait_until_done(PATIENCE)
        answers = [answer for _, answer in scene.answers.to[poison.key]]
        figures |= {
            "answered_after": len(answers) == 2 and is_right(poison, answers[1]),
            "dead_letters_after": scene.bot.aws.dead,
            "others_right": all(
                [is_right(each, answer) for _, answer in scene.answers.to[each.key]] == [True]
                for each in [*before, *others]
            ),
        }
    shown = (
        told == ["apology"]
        and figures["dead_letters"] == 1
        and figures["metrics"]["RecognizerDied"] == 5
        and figures["metrics"]["GivenUp"] == 1
        and figures["others_right"]
        and figures["answered_after"]
        and not figures["dead_letters_after"]
    )
    in_time = figures["others"]["beside"] <= figures["others"]["before"] + DELAY
    return Result(shown, figures, in_time=in_time)


@contextmanager
def crashing() -> Iterator[Callable[[], None]]:
    """Every recognizer that starts meanwhile crashes on the mark; what is handed out mends that."""
    with tempfile.TemporaryDirectory() as folder:
        shadow = Path(folder) / "cv2.py"
        shadow.write_text(CRASH, encoding="utf-8")
        path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        with patch.dict(os.environ, {"PYTHONPATH": path}):
            yield shadow.unlink


def _last(sent: Sequence[Sent], answers: Mapping[tuple[int, int], list[tuple[float, Json]]]) -> float:
    """Seconds until the last of these photos was answered."""
    return round(max(answers[each.key][0][0] - each.at for each in sent), 1)
