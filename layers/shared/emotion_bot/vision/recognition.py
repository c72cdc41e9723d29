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

    from emotion_bot.vision.detection import Box
    from emotion_bot.vision.face import Face


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
