"""A face of seven ellipses, on which all three networks of the detector have work: what warms them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from emotion_bot.vision.detection import Detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTH, _HEIGHT = 320, 240
# Centre, half axes, colour: face; eyes; brows; nose; mouth.
_ELLIPSES: Final = (
    ((160, 120), (60, 80), (224, 172, 140)),
    ((136, 102), (12, 6), (50, 35, 30)),
    ((184, 102), (12, 6), (50, 35, 30)),
    ((136, 84), (15, 4), (80, 55, 45)),
    ((184, 84), (15, 4), (80, 55, 45)),
    ((160, 132), (9, 14), (200, 145, 115)),
    ((160, 162), (24, 7), (170, 80, 80)),
)
_WALL = (90, 110, 130)

FACE = Detection(
    box=(103, 41, 111, 156),
    landmarks=((136.0, 102.0), (184.0, 102.0), (160.0, 131.0), (139.0, 160.0), (183.0, 160.0)),
    confidence=1.0,
)
"""Where the face is."""


def sketch() -> NDArray[np.uint8]:
    """The drawing, RGB, uint8 (240, 320, 3)."""
    canvas = np.full((_HEIGHT, _WIDTH, 3), _WALL, np.uint8)
    for centre, axes, colour in _ELLIPSES:
        cv2.ellipse(canvas, centre, axes, 0, 0, 360, colour, thickness=cv2.FILLED)
    # Soft, as skin is: sharp edges look less like a face to O-Net.
    return cv2.GaussianBlur(canvas, (0, 0), 3).astype(np.uint8, copy=False)
