"""Each stage's share of our photo path."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import wraps
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import cv2

from benchmarks.turns import WARM_UP, Worker, write
from emotion_bot.vision import recognition, recognizer
from emotion_bot.vision.classifier_litert import LiteRTClassifier
from emotion_bot.vision.mtcnn import MtcnnDetector
from emotion_bot.vision.mtcnn_litert import LiteRTCascade

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.photos import Scene

STAGES: Mapping[str, tuple[object, str]] = {
    "decode": (recognizer, "decode_reduced"),
    "pyramid": (LiteRTCascade, "pyramid"),
    "P-Net": (LiteRTCascade, "propose"),
    "R-Net": (LiteRTCascade, "refine"),
    "O-Net": (LiteRTCascade, "output"),
    "rest of detection": (MtcnnDetector, "detect"),
    "crop": (recognizer, "crop_face"),
    "classify": (LiteRTClassifier, "predict"),
    "draw": (recognition, "annotate"),
    "encode": (cv2, "imencode"),
}
"""Where each is called from, in the order of the path; one that calls another is timed without it."""
REST = "everything else"


def measure(store: str, scenes: Mapping[str, Scene], rounds: int) -> dict[str, dict[str, float]]:
    """By scene and stage: the median of its milliseconds, on one core."""
    table = {}
    with tempfile.TemporaryDirectory() as folder, Worker("litert", store, 1) as worker:
        for title, scene in scenes.items():
            photo = write(scene, folder)
            runs = [worker.ask("stages", photo) for _ in range(WARM_UP + rounds)][WARM_UP:]
            table[title] = {stage: round(median(run[stage] for run in runs), 3) for stage in (*STAGES, REST)}
    return table


def shares(work: Callable[[], object]) -> dict[str, float]:
    """Milliseconds that the work spends in each stage, and in none."""
    watch = Stopwatch()
    with ExitStack() as stack:
        for stage, (owner, name) in STAGES.items():
            stack.enter_context(patch.object(owner, name, watch.timing(stage, getattr(owner, name))))
        watch.timing(REST, work)()
    return {stage: 1000 * watch.seconds.get(stage, 0.0) for stage in (*STAGES, REST)}


class Stopwatch:
    """Runs for the innermost of the functions that it times, and stops for those around it."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._clock = clock
        self._inner = [0.0]

    def timing(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, but its own time counts for the stage."""

        @wraps(function)
        def timed(*args: object, **kwargs: object) -> Any:  # noqa: ANN401 - whatever the function returns
            self._inner.append(0.0)
            began = self._clock()
            try:
                return function(*args, **kwargs)
            finally:
                whole = self._clock() - began
                self.seconds[stage] = self.seconds.get(stage, 0.0) + whole - self._inner.pop()
                self._inner[-1] += whole

        return timed
