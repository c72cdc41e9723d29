"""Where MTCNN puts its box on FER-2013's own faces: photos are then cropped as the training faces were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from emotion_bot.manifest import CropGeometry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from emotion_bot.vision import FaceDetector

ENLARGED = 192
"""Pixels; at 48 MTCNN, which looks for faces from 20 pixels up, sees too little."""
BORDER = ENLARGED // 2
"""Pixels around the face, so that a box may reach beyond it."""


def measure(crops: Iterable[np.ndarray], detector: FaceDetector) -> CropGeometry:
    """The median geometry of the faces, each uint8 (48, 48), in which the detector finds exactly one face.

    A few hundred faces tell the scale to about 0.01.

    Raises:
        ValueError: the detector finds a face in fewer than half of the crops.
    """
    found = [_box(crop, detector) for crop in crops]
    boxes = [box for box in found if box is not None]
    if len(boxes) < max(1, len(found) / 2):
        raise ValueError(f"a face was found in {len(boxes)} of {len(found)} crops only; are they faces?")
    _, y, width, height = np.array(boxes, dtype=float).T
    scale = ENLARGED / np.maximum(width, height)
    shift_y = (BORDER + ENLARGED / 2 - (y + height / 2)) / ENLARGED
    return CropGeometry(scale=round(float(np.median(scale)), 3), shift_y=round(float(np.median(shift_y)), 3))


def _box(crop: np.ndarray, detector: FaceDetector) -> tuple[int, int, int, int] | None:
    """The box of the only face, in pixels of the enlarged and bordered crop."""
    grey = cv2.resize(crop, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    bordered = cv2.copyMakeBorder(grey, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REPLICATE)
    found = detector.detect(cv2.cvtColor(bordered, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False))
    return found[0].box if len(found) == 1 else None
