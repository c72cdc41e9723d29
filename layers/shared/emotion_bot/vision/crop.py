"""The one place where a face becomes what the classifier sees: grey, 48x48, uint8. Training uses it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.manifest import CropGeometry
    from emotion_bot.vision.detection import Detection

CROP_SIZE = 48
"""Pixels; FER-2013's size."""


def prepare_crop(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A square grey patch of any size, uint8 (S, S), as the classifier takes it: uint8 (48, 48)."""
    size = (CROP_SIZE, CROP_SIZE)
    if grey.shape == size:
        return grey
    # Averaging when it shrinks, so that nothing aliases; bilinear when it grows.
    shrinks = grey.shape[0] > CROP_SIZE
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR).astype(
        np.uint8
    )


def crop_face(rgb: NDArray[np.uint8], detection: Detection, geometry: CropGeometry) -> NDArray[np.uint8]:
    """A face as the classifier takes it, uint8 (48, 48), from a photo, uint8 (H, W, 3)."""
    square = crop_square(rgb, detection, geometry)
    return prepare_crop(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False))


def crop_square(rgb: NDArray[np.uint8], detection: Detection, geometry: CropGeometry) -> NDArray[np.uint8]:
    """The square about a face's box, uint8 (S, S, 3); beyond the photo's edge its outermost pixels go on."""
    x, y, width, height = detection.box
    side = geometry.scale * max(width, height)
    left = round(x + width / 2 - side / 2)
    top = round(y + height / 2 - side / 2 + geometry.shift_y * side)
    pixels = np.arange(max(1, round(side)))
    rows = np.clip(top + pixels, 0, rgb.shape[0] - 1)
    columns = np.clip(left + pixels, 0, rgb.shape[1] - 1)
    return rgb[rows[:, None], columns]
