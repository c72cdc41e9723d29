"""The one place where a face becomes what the classifier sees: grey, 48x48, uint8. Training uses it too."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from cv2.typing import MatLike
    from numpy.typing import NDArray

    from emotion_bot.manifest import CropGeometry
    from emotion_bot.vision.detection import Detection

CROP_SIZE = 48
"""Pixels; FER-2013's size."""
MIDDLE = 0.5 + 0.5j
"""Of a square, in its sides from its upper left corner."""
PLAUSIBLE = (0.5, 2)
"""The square that the landmarks ask for, in sides of the box's: beyond, they are no face's. Measured on 308
faces of WIDER FACE, at least 70 pixels high and turned any way: 0.63 to 1.17."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square on a photo, in pixels, x + iy, y downwards; whole numbers are the centres of pixels."""

    centre: complex
    top: complex
    """Its upper side, from left to right."""

    @property
    def corners(self) -> tuple[complex, complex, complex, complex]:
        """Clockwise, from the upper left."""
        right, down = self.top / 2, self.top / 2 * 1j
        return (
            self.centre - right - down,
            self.centre + right - down,
            self.centre + right + down,
            self.centre - right + down,
        )


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
    part, square = _around(rgb, face_square(detection, geometry))
    return _sample(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), square, CROP_SIZE)


def face_square(detection: Detection, geometry: CropGeometry) -> Square:
    """Where a face is cut out: its landmarks say where, how large and how turned.

    They are brought onto the geometry's template by the similarity of least squares (Umeyama 1991,
    doi:10.1109/34.88573), which in the plane is one complex division. Without a template, or where the
    landmarks are no face's, the box decides.
    """
    x, y, width, height = detection.box
    side = max(1.0, geometry.scale * max(width, height))
    by_box = Square(complex(x + width / 2, y + height / 2 + geometry.shift_y * side), complex(side))
    if geometry.template is None:
        return by_box
    # Five points: plain numbers take a tenth of the time that arrays take.
    landmarks = [complex(*point) for point in detection.landmarks]
    template = [complex(*point) - MIDDLE for point in geometry.template]
    middle, template_middle = sum(landmarks) / len(landmarks), sum(template) / len(template)
    apart = [point - template_middle for point in template]
    spread = sum(abs(point) ** 2 for point in apart)
    top = sum(a.conjugate() * (b - middle) for a, b in zip(apart, landmarks, strict=True)) / spread
    if not PLAUSIBLE[0] < abs(top) / side < PLAUSIBLE[1]:
        return by_box
    return Square(middle - top * template_middle, top)


def cut(rgb: NDArray[np.uint8], square: Square, size: int) -> NDArray[np.uint8]:
    """The square in colour and upright, uint8 (size, size, 3); beyond the edge the outermost pixels go on."""
    return _sample(*_around(rgb, square), size)


def _around(rgb: NDArray[np.uint8], square: Square) -> tuple[NDArray[np.uint8], Square]:
    """The part of the photo, of one pixel at least, in which the square lies; and the square in it."""
    reach = (abs(square.top.real) + abs(square.top.imag)) / 2 + 2
    spans = []
    for at, length in ((square.centre.real, rgb.shape[1]), (square.centre.imag, rgb.shape[0])):
        start = min(max(floor(at - reach), 0), length - 1)
        spans.append(slice(start, max(start + 1, min(ceil(at + reach) + 1, length))))
    columns, rows = spans
    return rgb[rows, columns], Square(square.centre - complex(columns.start, rows.start), square.top)


def _sample(part: MatLike, square: Square, size: int) -> NDArray[np.uint8]:
    """The square at (size, size), however large and turned it is.

    A warp reads about one pixel for each that it writes. So a large square is first averaged by halves, to
    between 2 and 4 times the size, then turned at that scale, then averaged again: nothing aliases. One that
    is smaller than the size is only turned, so that it stays as sharp as it is.
    """
    while abs(square.top) >= 4 * size:
        part, square = _halve(part, square)
    grid = size * ceil(abs(square.top) / size)
    step = square.top / grid
    first = square.centre - step * (1 + 1j) * (grid - 1) / 2
    matrix = np.array([[step.real, -step.imag, first.real], [step.imag, step.real, first.imag]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    turned = cv2.warpAffine(part, matrix, (grid, grid), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(turned, (size, size), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _halve(part: MatLike, square: Square) -> tuple[MatLike, Square]:
    """Both at half the size: four pixels become their average. What is left over at the edge is left.

    OpenCV averages four pixels five times as fast as any other number, and fifty times as fast as a number
    that is not whole.
    """
    rows, columns = (max(1, length // 2) for length in part.shape[:2])
    smaller = cv2.resize(part[: rows * 2, : columns * 2], (columns, rows), interpolation=cv2.INTER_AREA)
    # The first four's middle is not that of the first pixel, from where the square's centre counts.
    return smaller, Square((square.centre - (1 + 1j) / 2) / 2, square.top / 2)
