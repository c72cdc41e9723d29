"""Faces as bad photographs show them: copies of FER-2013's crops, each spoilt in one way."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from emotion_bot.vision.crop import CROP_SIZE, prepare_crop

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Crops = NDArray[np.uint8]

BLUR_SIGMA = 1.0
"""Pixels of the crop: the middle of CIFAR-10-C's five blurs, 0.7 of 32 pixels (arXiv:1903.12261)."""
SMALL_SIZE = 24
"""Pixels, hardly more than the 20 of the smallest face that the detector looks for."""
JPEG_QUALITY = 30
"""Of 100; cameras save at 90 and more. Its blocks of 8 pixels are plain to see on a face of 48."""
TURN_DEGREES = 15
"""A head laid to the side, or a camera held askew."""
DARK_STOPS = 3
"""An eighth of the light: a face indoors against a window, exposed for the window."""
DISPLAY_GAMMA = 2.2
"""Pixel values go with light to the power of 1/2.2, nearly (sRGB, IEC 61966-2-1)."""
WIDE, TIGHT = 1.15, 0.85
"""Sides of the square, in those of the right one: what a box drawn too large or too small makes of it."""


def blur(crops: Crops) -> Crops:
    """Out of focus."""
    # Replicated, as `crop_face` goes on beyond a photo's edge; so are the borders of the other copies.
    return _each(
        crops, lambda crop: cv2.GaussianBlur(crop, (0, 0), BLUR_SIGMA, borderType=cv2.BORDER_REPLICATE)
    )


def small(crops: Crops) -> Crops:
    """From so far that the face is SMALL_SIZE wide, enlarged again as the bot enlarges such faces."""
    size = (SMALL_SIZE, SMALL_SIZE)
    return _each(
        crops,
        lambda crop: prepare_crop(cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.uint8)),
    )


def jpeg(crops: Crops) -> Crops:
    """Compressed hard, at the crop's own size."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    return _each(
        crops, lambda crop: cv2.imdecode(cv2.imencode(".jpg", crop, quality)[1], cv2.IMREAD_GRAYSCALE)
    )


def dark(crops: Crops) -> Crops:
    """Underexposed by DARK_STOPS; what the shadows lose to 8 bits is lost."""
    darker = crops * 2 ** (-DARK_STOPS / DISPLAY_GAMMA)
    return darker.round().astype(np.uint8)


def warp(crops: Crops, *, degrees: float = 0, side: float = 1) -> Crops:
    """Turned counter-clockwise, and cut from a square of `side` times the right one's."""
    centre = (CROP_SIZE - 1) / 2
    matrix = cv2.getRotationMatrix2D((centre, centre), degrees, 1 / side)
    return _each(
        crops,
        lambda crop: cv2.warpAffine(crop, matrix, crop.shape[::-1], borderMode=cv2.BORDER_REPLICATE),
    )


CONDITIONS: Final[Mapping[str, Callable[[Crops], Crops]]] = {
    "blur": blur,
    "small": small,
    "jpeg": jpeg,
    "turn_left": partial(warp, degrees=TURN_DEGREES),
    "turn_right": partial(warp, degrees=-TURN_DEGREES),
    "dark": dark,
    "crop_wide": partial(warp, side=WIDE),
    "crop_tight": partial(warp, side=TIGHT),
}
"""Each takes uint8 (N, 48, 48) and gives a changed copy of the same shape."""
NAMES: Final = {
    "blur": f"blurred, sigma {BLUR_SIGMA:g} px",
    "small": f"{SMALL_SIZE} px, enlarged",
    "jpeg": f"JPEG, quality {JPEG_QUALITY}",
    "turn_left": f"turned {TURN_DEGREES}° left",
    "turn_right": f"turned {TURN_DEGREES}° right",
    "dark": f"dark, {DARK_STOPS} stops",
    "crop_wide": f"cropped {WIDE - 1:.0%} wider",
    "crop_tight": f"cropped {1 - TIGHT:.0%} tighter",
}
"""What a person calls them."""


def _each(crops: Crops, change: Callable[[Crops], cv2.typing.MatLike | None]) -> Crops:
    changed = np.empty_like(crops)
    for index, crop in enumerate(crops):
        changed[index] = np.asarray(change(crop))
    return changed
