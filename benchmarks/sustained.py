"""Photographs per second on one core, over many, as Telegram sends them."""

from __future__ import annotations

import tempfile
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.photos import as_telegram_sends
from benchmarks.turns import Figures, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

DIFFERENT = 60
"""Photographs; then the first comes again."""


def measure(store: str, photos: int) -> Figures:
    """How many a second, and how long one takes: median, and the slowest in 20 and in 100."""
    with tempfile.TemporaryDirectory() as folder, Worker("litert", store, 1) as worker:
        files = [Path(folder) / f"{number}.jpg" for number in range(min(DIFFERENT, photos))]
        for file, scene in zip(files, as_telegram_sends(DIFFERENT), strict=False):
            file.write_bytes(scene.draw())
        return distribution(
            [worker.ask("answer", file)["milliseconds"] for file in islice(cycle(files), photos)]
        )


def distribution(milliseconds: Sequence[float]) -> Figures:
    """What stands in the report of so many photographs."""
    p50, p95, p99 = np.percentile(milliseconds, (50, 95, 99)).round(2).tolist()
    return {
        "photos": len(milliseconds),
        "per_second": round(1000 / float(np.mean(milliseconds)), 1),
        "p50": p50,
        "p95": p95,
        "p99": p99,
    }
