"""From the start of a process to its first answer, vision alone: what the cold start is without the bot."""

from __future__ import annotations

import tempfile
import time
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.photo_path import SCENES
from benchmarks.turns import Figures, Worker, write

if TYPE_CHECKING:
    from collections.abc import Iterable


def measure(store: str, contenders: Iterable[str], rounds: int) -> dict[str, Figures]:
    """By contender: the median of its milliseconds, on one core, after one round that fills the disk's cache.

    Raises:
        WorkerFailed: one gave up.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        photo = write(SCENES["1 face"], folder)
        for _ in range(1 + rounds):
            for name, taken in times.items():
                began = time.perf_counter()
                with Worker(name, store, 1) as worker:
                    worker.ask("answer", photo)
                    taken.append(1000 * (time.perf_counter() - began))
    return {name: {"rounds": rounds, "first": round(median(taken[1:]), 1)} for name, taken in times.items()}
