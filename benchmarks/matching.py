"""Which of the boxes on a photo are the same face: detections against annotations, or against others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from emotion_bot.vision.detection import Box

MIN_IOU: Final = 0.5
BANDS: Final = {"40 px and more": (40.0, float("inf")), "20 to 40 px": (20.0, 40.0)}
"""Heights of annotated faces, from and below."""


class Annotated(NamedTuple):
    """A face that a person marked; one that is not valid is neither missed nor wrongly found."""

    box: Box
    is_valid: bool = True


def overlaps(ones: Sequence[Box], others: Sequence[Box]) -> NDArray[np.float64]:
    """Intersection over union of each with each, (N, M)."""
    first = np.array(ones, float).reshape(-1, 1, 4)
    second = np.array(others, float).reshape(1, -1, 4)
    near = np.maximum(first[..., :2], second[..., :2])
    far = np.minimum(first[..., :2] + first[..., 2:], second[..., :2] + second[..., 2:])
    shared = np.maximum(far - near, 0).prod(axis=-1)
    union = first[..., 2:].prod(axis=-1) + second[..., 2:].prod(axis=-1) - shared
    return np.asarray(shared / np.where(union > 0, union, 1))


def match(ones: Sequence[Box], others: Sequence[Box]) -> list[tuple[int, int]]:
    """Pairs at MIN_IOU or more, the best overlap first; each box is in one pair at most."""
    table = overlaps(ones, others)
    pairs = []
    while table.size and table.max() >= MIN_IOU:
        one, other = np.unravel_index(table.argmax(), table.shape)
        pairs.append((int(one), int(other)))
        table[one], table[:, other] = 0, 0
    return pairs


class Tally:
    """Counts over photos: how many annotated faces there are and are found, and what else is found."""

    def __init__(self) -> None:
        self.photos = self.false = 0
        self.faces: Counter[str] = Counter()
        """By band."""
        self.found: Counter[str] = Counter()

    def add(self, annotated: Sequence[Annotated], detections: Sequence[Box]) -> None:
        """One photo. A detection that is in no pair is false, be it a second one on the same face."""
        pairs = match([face.box for face in annotated], detections)
        matched = {face for face, _ in pairs}
        for number, face in enumerate(annotated):
            for band, (low, high) in BANDS.items():
                if face.is_valid and low <= face.box[3] < high:
                    self.faces[band] += 1
                    self.found[band] += number in matched
        self.photos += 1
        self.false += len(detections) - len(pairs)

    def figures(self) -> dict[str, object]:
        """Recall by band, and false positives per photo."""
        return {
            "recall": {
                band: {
                    "faces": self.faces[band],
                    "found": self.found[band],
                    "share": round(self.found[band] / self.faces[band], 4) if self.faces[band] else None,
                }
                for band in BANDS
            },
            "false_per_photo": round(self.false / self.photos, 4) if self.photos else None,
        }
