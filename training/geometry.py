"""Where MTCNN finds FER-2013's own faces in their frame: photos are then cropped as those were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from emotion_bot.manifest import CropGeometry
from training.runs import TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from emotion_bot.vision import Detection, FaceDetector

ENLARGED = 192
"""Pixels; at 48 MTCNN, which looks for faces from 20 pixels up, sees too little."""
BORDER = ENLARGED // 2
"""Pixels around the face, so that a box may reach beyond it."""
CORNER = BORDER - 0.5
"""Of the enlarged crop, both ways; whole numbers are the centres of pixels."""


def measure(crops: Iterable[NDArray[np.uint8]], detector: FaceDetector) -> CropGeometry:
    """The geometry by which the median face of FER-2013 is cut out as FER-2013 did.

    From the faces, each uint8 (48, 48), in which the detector finds exactly one. FER-2013 frames its faces
    loosely (their size varies by 15 %, standard deviation), so a thousand of them tell the scale to 0.006.

    Raises:
        TrainingError: the detector finds a face in fewer than half of the crops.
    """
    found = [_only_face(crop, detector) for crop in crops]
    faces = [face for face in found if face is not None]
    if len(faces) < max(1, len(found) / 2):
        raise TrainingError(f"A face was found in {len(faces)} of {len(found)} crops only; are they faces?")
    _x, y, width, height = np.array([face.box for face in faces], dtype=float).T
    landmarks = (np.array([face.landmarks for face in faces]) - CORNER) / ENLARGED
    return CropGeometry.model_validate(
        {
            "scale": round(float(np.median(ENLARGED / np.maximum(width, height))), 3),
            "shift_y": round(float(np.median(0.5 - (y + height / 2 - CORNER) / ENLARGED)), 3),
            "template": np.median(landmarks, axis=0).round(3).tolist(),
        }
    )


def _only_face(crop: NDArray[np.uint8], detector: FaceDetector) -> Detection | None:
    """The only face, in pixels of the enlarged and bordered crop."""
    grey = cv2.resize(crop, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    bordered = cv2.copyMakeBorder(grey, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REPLICATE)
    found = detector.detect(cv2.cvtColor(bordered, cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False))
    return found[0] if len(found) == 1 else None
