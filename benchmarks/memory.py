"""How much memory an engine takes at most, over photographs of all sizes, and whether it grows with them."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from benchmarks.photos import mixture
from benchmarks.turns import Figures, Worker, write

if TYPE_CHECKING:
    from collections.abc import Iterable

CHECKS = 4
"""How often the resident memory is noted on the way."""


def measure(store: str, engines: Iterable[str], photos: int) -> dict[str, Figures]:
    """By engine: bytes that a fresh process had resident at most, and on the way."""
    return {engine: _over(store, engine, photos) for engine in engines}


def _over(store: str, engine: str, photos: int) -> Figures:
    after, peak = {}, 0
    with tempfile.TemporaryDirectory() as folder, Worker(engine, store, 1) as worker:
        for number, scene in enumerate(mixture(photos), 1):
            said = worker.ask("answer", write(scene, folder))
            peak = said["peak"]
            if number * CHECKS % photos < CHECKS:
                after[str(number)] = said["rss"]
    return {"photos": photos, "peak": peak, "after": after}
