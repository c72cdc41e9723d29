"""What Telegram makes of a photo: upright JPEGs of several sizes, without metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from emotion_bot.vision import PhotoError, decode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDES = (90, 320, 800, 1280)
"""Longest sides in pixels, as seen in the `photo` field of real messages; a smaller photo has fewer sizes."""
MAX_RATIO = 20
"""Of the longer side to the shorter: https://core.telegram.org/bots/api#sendphoto"""
MAX_SIDES_SUM = 10_000
"""Width and height together, in pixels: https://core.telegram.org/bots/api#sendphoto"""
_JPEG_QUALITY = 87


class NotAPhoto(Exception):
    """Telegram takes these bytes for a file, not for a photo; the message is Telegram's word for why."""


@dataclass(frozen=True)
class Size:
    """One of a photo's JPEGs; sides in pixels."""

    jpeg: bytes
    width: int
    height: int


def pixels(photo: bytes) -> NDArray[np.uint8]:
    """The upright photo, RGB (H, W, 3).

    Raises:
        NotAPhoto: it cannot be read, or is too narrow.
    """
    try:
        rgb = decode(photo)
    except PhotoError:
        raise NotAPhoto("IMAGE_PROCESS_FAILED") from None
    if max(rgb.shape[:2]) > MAX_RATIO * min(rgb.shape[:2]):
        raise NotAPhoto("PHOTO_INVALID_DIMENSIONS")
    return rgb


def sizes(rgb: NDArray[np.uint8]) -> list[Size]:
    """The JPEGs that Telegram keeps of a photo, smallest first; each is made of the next larger one."""
    height, width = rgb.shape[:2]
    longest = max(height, width)
    picture = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    made = []
    for side in sorted({min(side, longest) for side in SIDES}, reverse=True):
        shape = max(1, round(width * side / longest)), max(1, round(height * side / longest))
        if side < longest:
            picture = cv2.resize(picture, shape, interpolation=cv2.INTER_AREA)
        _, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        made.append(Size(jpeg.tobytes(), *shape))
    return made[::-1]
