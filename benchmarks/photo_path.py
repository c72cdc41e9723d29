"""The photo path from bytes to bytes, how it grows, and its parts alone: ours beside its peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.photos import Scene
from benchmarks.turns import Figures, Worker, take_turns

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENES = {
    "1 face": Scene(1280, 960, 1),
    "5 faces": Scene(1280, 960, 5),
    "no face": Scene(1280, 960, 0),
}
BY_SIDE = {str(side): Scene(side, side * 3 // 4, 1) for side in (320, 640, 960, 1280, 1920, 2560)}
"""One face, by the longer side in pixels."""
BY_FACES = {str(faces): Scene(1280, 960, faces) for faces in (0, 1, 2, 5, 10, 20, 50)}


def measure(workers: Mapping[str, Worker], rounds: int, steps: int, every: int = 1) -> Figures:
    """By part, scene and contender: median milliseconds over so many rounds.

    Args:
        workers: the contenders; `fer` takes part in classification only.
        rounds: for the three scenes.
        steps: rounds for each step of the growth by size and by faces.
        every: so many steps, one is measured.

    Raises:
        WorkerFailed: one gave up.
    """
    whole = {name: worker for name, worker in workers.items() if name != "fer"}
    sides, faces = (dict(list(scenes.items())[::every]) for scenes in (BY_SIDE, BY_FACES))
    return {
        "answer": take_turns(whole, "answer", SCENES, rounds),
        "detect": take_turns(whole, "detect", SCENES, rounds),
        "classify": take_turns(workers, "classify", {"1 face": SCENES["1 face"]}, 10 * rounds),
        "by_side": take_turns(whole, "answer", sides, steps),
        "by_faces": take_turns(whole, "answer", faces, steps),
    }
