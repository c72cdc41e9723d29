"""The sample photographs that the page offers, and small copies of them to click."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import cv2

from emotion_bot.vision import decode

PHOTOS: Final = Path(__file__).parents[1] / "photos"
SAMPLES: Final = ("two_people.jpg", "obama.jpg", "astronaut.png", "biden.jpg", "chelsea.png", "rocket.jpg")
_SIDE, _QUALITY = 200, 50
"""Longer side in pixels, and WebP's quality: the six are 20 kB together."""


@cache
def small(name: str) -> bytes:
    """One of SAMPLES, as a small WebP."""
    photo = cv2.cvtColor(decode((PHOTOS / name).read_bytes()), cv2.COLOR_RGB2BGR)
    scale = _SIDE / max(photo.shape[:2])
    copy = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".webp", copy, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])[1].tobytes()
