"""A photo at full, half, quarter … size, so that whoever cuts a patch out of it need not shrink it far."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.vision.boxes import Floats

SMALLEST = 48
"""Pixels of a view's shorter side: a smaller one would be no use to O-Net."""
FINENESS = 2
"""A patch is read, bilinearly, from the smallest view that has so many pixels for each of its own. Of 557
faces of WIDER FACE at the same settings: 451 found at 2, 434 at 1, 450 at 4 and without views."""
GREY = (128, 128, 128)
"""What lies beyond the photo: the networks' zero."""
_ROWS = 32_000
"""OpenCV's `remap` writes at most 2 ** 15."""


class Views:
    """The views of one photo, uint8 (H, W, 3), each half as large as the one before."""

    def __init__(self, photo: NDArray[np.uint8]) -> None:
        """Halve by averaging, as long as it makes sense."""
        self.images = [photo]
        while min(photo.shape[:2]) >= 2 * SMALLEST:
            height, width = photo.shape[:2]
            # No odd row or column: OpenCV averages four pixels fifty times as fast as any other number.
            photo = photo[: height // 2 * 2, : width // 2 * 2]
            photo = cv2.resize(photo, (width // 2, height // 2), interpolation=cv2.INTER_AREA).astype(
                np.uint8, copy=False
            )
            self.images.append(photo)

    def part(self, x: int, y: int, width: int, height: int, scale: float) -> NDArray[np.uint8]:
        """A part of the photo, from the smallest view of at least `scale` times its size."""
        halvings = min(max(0, int(-np.log2(scale))), len(self.images) - 1)
        left, top, right, bottom = (at >> halvings for at in (x, y, x + width, y + height))
        return self.images[halvings][top:bottom, left:right]

    def patches(self, boxes: Floats, size: int) -> NDArray[np.uint8]:
        """Square boxes, (N, 4) of x1, y1, x2, y2 in pixels of the photo, cut out: uint8 (N, size, size, 3).

        As `tf.image.crop_and_resize` does in the package: bilinear, from a box's first corner to its last,
        both as shares of the photo whose last pixel is 1 (hence the slight shrinking); beyond is grey.
        """
        patches = np.empty((len(boxes), size, size, 3), np.uint8)
        fineness = np.maximum(boxes[:, 2] - boxes[:, 0], 1) / size
        halvings = np.ceil(np.log2(fineness / FINENESS)).clip(0, len(self.images) - 1).astype(int)
        last = np.subtract(self.images[0].shape[1::-1], 1)
        corners = boxes.reshape(-1, 2, 2) * (last / (last + 1))
        for halving in np.unique(halvings):
            chosen = halvings == halving
            # Whole numbers are the middles of pixels, in a view as in the photo.
            patches[chosen] = _cut(self.images[halving], (corners[chosen] + 0.5) / 2**halving - 0.5, size)
        return patches


def _cut(image: NDArray[np.uint8], corners: Floats, size: int) -> NDArray[np.uint8]:
    """Boxes, (N, 2, 2) of corners x, y in pixels of the image, as uint8 (N, size, size, 3)."""
    first, last = corners.astype(np.float32).swapaxes(0, 1)
    steps = np.arange(size, dtype=np.float32) / (size - 1)
    x, y = (first[:, None] + (last - first)[:, None] * steps[:, None]).transpose(2, 0, 1)
    # One call for all of them, a patch below the other: OpenCV's calls cost more than its pixels.
    columns = np.repeat(x, size, axis=0)
    rows = np.repeat(y.ravel(), size).reshape(-1, size)
    parts = [
        cv2.remap(
            image,
            columns[start : start + _ROWS],
            rows[start : start + _ROWS],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=GREY,
        )
        for start in range(0, len(rows), _ROWS)
    ]
    return np.concatenate(parts).reshape(-1, size, size, 3).astype(np.uint8, copy=False)
