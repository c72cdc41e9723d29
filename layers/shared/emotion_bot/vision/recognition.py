"""What the recognizer says of a photo: its faces, and the photo with them drawn in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from emotion_bot.vision.annotate import HARD_TO_TELL, TOO_SMALL, annotate
from emotion_bot.vision.crop import CROP_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from emotion_bot.vision.detection import Box, Detection, Landmarks


@dataclass(frozen=True, slots=True)
class Face:
    """One face: where it is, in pixels of the upright photo, and how it looks."""

    box: Box
    landmarks: Landmarks
    confidence: float
    """The detector's probability that this is a face."""
    scores: dict[str, float]
    """Probability of each emotion; they sum to 1."""
    hard_to_tell: bool = False
    """Whether the largest score is too small to name one emotion only."""
    too_small: bool = False
    """Whether the face has too few pixels to be read at all, whatever its scores."""

    @classmethod
    def of(
        cls,
        detection: Detection,
        labels: Sequence[str],
        probabilities: NDArray[np.float32],
        threshold: float = 0,
        too_small: bool = False,
    ) -> Face:
        """A detection, and the classifier's probabilities, (len(labels),), for it.

        Args:
            threshold: a face whose largest probability is below is hard to tell.
            too_small: no emotion is named.
        """
        shares = probabilities.astype(float)
        scores = dict(zip(labels, (shares / shares.sum()).tolist(), strict=True))
        hard_to_tell = max(scores.values()) < threshold
        return cls(detection.box, detection.landmarks, detection.confidence, scores, hard_to_tell, too_small)

    @property
    def emotion(self) -> str:
        """The emotion with the largest score."""
        return max(self.scores, key=self.scores.__getitem__)

    @property
    def candidates(self) -> tuple[str, ...]:
        """What the face may look like, the best first: its emotion; where hard to tell, the two best.

        None where it is too small.
        """
        if self.too_small:
            return ()
        best_first = sorted(self.scores, key=self.scores.__getitem__, reverse=True)
        return tuple(best_first[: 2 if self.hard_to_tell else 1])

    @property
    def label(self) -> str:
        """What stands beside the face unless the caller says otherwise, as in "looks happy 93%"."""
        if self.too_small:
            return "too small to tell"
        if self.hard_to_tell:
            return f"hard to tell: {' or '.join(self.candidates)}"
        return f"looks {self.emotion} {self.scores[self.emotion]:.0%}"


@dataclass(frozen=True, slots=True)
class Recognition:
    """A photo's faces, left to right."""

    photo: NDArray[np.uint8] = field(repr=False)
    """Upright, RGB, uint8 (H, W, 3)."""
    faces: tuple[Face, ...]
    factor: int = 1
    """How many times as large the sender's photo is either way: faces count its pixels."""
    more: int = 0
    """Faces that were found, but are too many to be answered: smaller than all of these."""
    crops: NDArray[np.uint8] = field(
        repr=False, default_factory=lambda: np.empty((0, CROP_SIZE, CROP_SIZE), np.uint8)
    )
    """The faces as the network saw them, in their order: uint8 (N, 48, 48)."""

    def annotate(self, labels: Sequence[str] | None = None) -> bytes:
        """The photo with a box and a label per face, as a JPEG that Telegram takes as a photo.

        Args:
            labels: one per face, left to right; plain English by default. Several faces are numbered besides.
        """
        texts = [face.label for face in self.faces] if labels is None else labels
        boxes = [_reduced(face.box, self.factor) for face in self.faces]
        return annotate(self.photo, boxes, [_look(face) for face in self.faces], texts)


def _look(face: Face) -> str:
    return TOO_SMALL if face.too_small else HARD_TO_TELL if face.hard_to_tell else face.emotion


def _reduced(box: Box, factor: int) -> Box:
    x, y, width, height = box
    return x // factor, y // factor, width // factor, height // factor
