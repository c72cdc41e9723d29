"""What the data holds, split by split, and what of it is not learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.data import CLASSES, RELEASED, SPLITS, VOTED, training_rows
from training.evaluate import MAJORITY

if TYPE_CHECKING:
    from training.data import Faces

MEANING = f"""\
leaked      its pixels stand both in Training and in a test split
used        of Training, to learn from: neither leaked nor of one colour;
            of the test splits, to judge by: {", ".join(CLASSES[:RELEASED])}
FER+ votes  somebody voted on it; agreed: {MAJORITY} or more of the ten raters saw the same"""


def table(splits: dict[str, Faces]) -> str:
    """The faces of each split by class, and how many are of one colour, leaked, used and voted on.

    Raises:
        NotFer2013: too few are left to learn from, see `data.training_rows`.
    """
    used = {split: splits[split].released for split in SPLITS} | {"Training": training_rows(splits)}
    lines = [
        (name, [int((splits[split].labels == label).sum()) for split in SPLITS])
        for label, name in enumerate(CLASSES)
    ]
    lines += [
        ("all", [len(splits[split]) for split in SPLITS]),
        ("of one colour", [_constant(splits[split]) for split in SPLITS]),
        ("leaked", [_leaked(splits, split) for split in SPLITS]),
        ("used", [len(used[split]) for split in SPLITS]),
        ("FER+ votes", [int(splits[split].votes.any(axis=1).sum()) for split in SPLITS]),
        ("  agreed", [_agreed(splits[split]) for split in SPLITS]),
    ]
    head = f"{'':16}" + "".join(f"{split:>13}" for split in SPLITS)
    body = [f"{name:16}" + "".join(f"{count:>13,}" for count in counts) for name, counts in lines]
    return "\n".join([head, *body, "", MEANING])


def _constant(faces: Faces) -> int:
    return int((np.ptp(faces.crops, axis=(1, 2)) == 0).sum())


def _leaked(splits: dict[str, Faces], split: str) -> int:
    others = SPLITS[1:] if split == "Training" else SPLITS[:1]
    fresh = np.all([splits[split].unlike(splits[other]) for other in others], axis=0)
    return int((~fresh).sum())


def _agreed(faces: Faces) -> int:
    return int((faces.votes[:, : len(VOTED)].max(axis=1) >= MAJORITY).sum())
