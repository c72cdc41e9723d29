"""P-Net's image pyramid, packed onto one canvas of a fixed width, so that P-Net runs at one shape only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.vision.boxes import Floats

WINDOW, STRIDE = 12, 2
"""P-Net looks at 12 x 12 pixels, every 2 pixels."""
OVERLAP = WINDOW - STRIDE
"""Rows that two strips of the canvas share, so that every window lies in exactly one."""
NOBODY = -1


class Level(NamedTuple):
    """One size of the image, in pixels of the canvas."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the levels of an image lie on its canvas."""

    levels: tuple[Level, ...]
    """The largest first."""
    width: int
    """Of the canvas, in pixels."""
    strip: int
    """Rows that P-Net gets at a time."""
    strips: int
    owners: NDArray[np.int8]
    """The index of the level, or NOBODY, in which each window of the canvas lies as a whole."""
    corners: Floats
    """Of the levels, x and y, (L, 2)."""
    factors: Floats
    """From each level's pixels to the image's, x and y, (L, 2)."""

    @property
    def height(self) -> int:
        """Rows of the canvas."""
        return self.strips * (self.strip - OVERLAP) + OVERLAP

    def draw(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The canvas, uint8 (height, width, 3), of an image, uint8 (H, W, 3), at least as large as a level.

        Each level is shrunk from the one before, to more than half its size, where bilinear sampling reads
        every pixel and takes a fifth of the time of averaging.
        """
        canvas = np.zeros((self.height, self.width, 3), np.uint8)
        for x, y, width, height in self.levels:
            shrunk = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
            image = shrunk.astype(np.uint8, copy=False)
            canvas[y : y + height, x : x + width] = image
        return canvas

    def strips_of(self, canvas: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The canvas cut into overlapping strips, uint8 (strips, strip, width, 3)."""
        starts = range(0, self.strips * (self.strip - OVERLAP), self.strip - OVERLAP)
        return np.stack([canvas[start : start + self.strip] for start in starts])


@lru_cache(maxsize=64)
def arrange(
    size: tuple[int, int], scale: float, factor: float, strip: int, widths: tuple[int, ...]
) -> Layout:
    """Pack the levels of an image, each as high up on the canvas as it fits beside or below those before.

    Args:
        size: height and width of the image, in pixels.
        scale: of the first level.
        factor: from each level to the next; below 12 pixels there is no other.
        strip: rows that P-Net gets at a time, an even number.
        widths: of the canvases to choose from, ascending; the first level fits into the last.
    """
    sides = []
    while min(rounded := (round(size[0] * scale), round(size[1] * scale))) >= WINDOW:
        sides.append(rounded)
        scale *= factor
    width = next(width for width in widths if not sides or sides[0][1] <= width)
    levels: list[Level] = []
    for rows, columns in sides:
        levels.append(_place(rows, columns, levels, width))
    bottom = max((level.y + level.height for level in levels), default=0)
    strips = math.ceil(max(0, bottom - OVERLAP) / (strip - OVERLAP))
    windows = (strips * (strip - OVERLAP) // STRIDE, (width - OVERLAP) // STRIDE)
    owners = np.full(windows, NOBODY, np.int8)
    for index, level in enumerate(levels):
        owners[_windows(level.y, level.height), _windows(level.x, level.width)] = index
    sizes = np.array([level[2:] for level in levels]).reshape(-1, 2)
    return Layout(
        tuple(levels),
        width,
        strip,
        strips,
        owners,
        corners=np.array([level[:2] for level in levels], float).reshape(-1, 2),
        factors=np.array(size[::-1]) / sizes,
    )


def _place(height: int, width: int, placed: list[Level], canvas_width: int) -> Level:
    """Of the corners that the levels before leave, the one where this level ends highest."""
    corners = [(0, 0)]
    for level in placed:
        corners += [(_even(level.x + level.width), level.y), (level.x, _even(level.y + level.height))]
    spots = [Level(x, y, width, height) for x, y in corners if x + width <= canvas_width]
    free = [spot for spot in spots if not any(_overlap(spot, other) for other in placed)]
    return min(free, key=lambda spot: (spot.y + height, spot.y, spot.x))


def _overlap(one: Level, other: Level) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _even(length: int) -> int:
    """Levels begin at even pixels, as P-Net's windows do."""
    return length + length % 2


def _windows(start: int, length: int) -> slice:
    """Of all windows along an axis, those within a level."""
    return slice(start // STRIDE, start // STRIDE + (length - WINDOW) // STRIDE + 1)
