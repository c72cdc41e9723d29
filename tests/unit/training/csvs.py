"""Small CSVs in the contest's format."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from training.data import BALLOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

HEADER = "emotion,pixels,Usage"
COUNTS = {"Training": 140, "PublicTest": 28, "PrivateTest": 28}


def row(emotion: object = 3, seed: int = 0, usage: str = "Training") -> str:
    pixels = np.random.default_rng(seed).integers(0, 256, 48 * 48)
    return f"{emotion},{' '.join(map(str, pixels))},{usage}"


@cache
def rows() -> list[str]:
    """196 faces of noise, every class in every split."""
    return [
        row(seed % 7, seed + 1000 * split, usage)
        for split, (usage, count) in enumerate(COUNTS.items())
        for seed in range(count)
    ]


def write(path: Path, lines: Iterable[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def write_votes(path: Path, count: int) -> Path:
    """FER+'s file for so many rows; of every ten, the first has no votes, the others nine for one emotion."""
    ballots = [
        [0] * len(BALLOT) if row % 10 == 0 else [9 * (row % 8 == column) for column in range(len(BALLOT))]
        for row in range(count)
    ]
    lines = (",".join(map(str, (row, *ballot))) for row, ballot in enumerate(ballots, start=1))
    return write(path, lines, header=",".join(("row", *BALLOT)))
