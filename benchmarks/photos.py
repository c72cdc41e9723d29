"""What everything is measured on: photographs put together from playground/photos, the same in every run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle, islice
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parents[1] / "playground" / "photos"
BACKGROUND = "rocket.jpg"
FACES = (
    ("obama.jpg", (371, 83, 244, 342)),
    ("astronaut.png", (182, 64, 83, 107)),
    ("two_people.jpg", (238, 27, 147, 193)),
    ("two_people.jpg", (795, 45, 145, 204)),
    ("biden.jpg", (433, 171, 277, 389)),
)
"""Where the samples' faces are: x, y, width, height in pixels."""
MARGIN = 0.6
"""Of a face's height, taken along on every side, where the sample has so much."""
LARGEST = 0.5
"""Of the photograph's height: a portrait when there is one."""
QUALITY = 87
"""Of the JPEGs, as in the playground's Telegram."""
SIDES = (64, 4000)
"""Pixels: the longer side of the shortest and of the longest of `mixture`."""
LARGEST_PNG = 2000
"""Pixels; larger ones would be over what Telegram lets a bot download."""
SEED = 4

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """A photograph to be made."""

    width: int
    height: int
    faces: int
    suffix: str = ".jpg"

    def draw(self) -> bytes:
        """The encoded photograph: portraits in rows on a background, every other time mirrored."""
        photo = _covering(_sample(BACKGROUND), self.width, self.height)
        columns = ceil(sqrt(self.faces * self.width / self.height))
        rows = ceil(self.faces / columns) if self.faces else 0
        for number, face in enumerate(islice(cycle(FACES), self.faces)):
            row, column = divmod(number, columns)
            room = self.width / columns, self.height / rows
            portrait = _fitted(_portrait(*face), 0.9 * room[0], min(0.9 * room[1], LARGEST * self.height))
            if number % 2:
                portrait = portrait[:, ::-1]
            height, width = portrait.shape[:2]
            left, top = int(room[0] * (column + 0.5) - width / 2), int(room[1] * (row + 0.5) - height / 2)
            photo[top : top + height, left : left + width] = portrait
        _, content = cv2.imencode(self.suffix, photo, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return content.tobytes()


def mixture(count: int) -> Iterator[Scene]:
    """What people send: any size and shape, no face to six, JPEG mostly."""
    random = np.random.default_rng(SEED)
    for _ in range(count):
        longer = round(float(np.exp(random.uniform(*np.log(SIDES)))))
        shorter = max(1, round(longer * random.uniform(9 / 16, 1)))
        width, height = (longer, shorter) if random.random() < 0.5 else (shorter, longer)
        suffix = str(random.choice([".jpg", ".png", ".webp"], p=[0.84, 0.08, 0.08]))
        yield Scene(width, height, int(random.integers(7)), suffix if longer <= LARGEST_PNG else ".jpg")


def as_telegram_sends(count: int) -> Iterator[Scene]:
    """What a bot gets to see of photos: JPEGs whose longer side is 1280 pixels, no face to five."""
    shapes = ((1280, 960), (960, 1280), (1280, 720), (720, 1280), (1280, 853))
    for number in range(count):
        yield Scene(*shapes[number % len(shapes)], faces=number // len(shapes) % 6)


@lru_cache
def _sample(name: str) -> Pixels:
    return _uint8(cv2.imread(str(SAMPLES / name), cv2.IMREAD_COLOR))


def _portrait(name: str, face: tuple[int, int, int, int]) -> Pixels:
    x, y, width, height = face
    margin = round(MARGIN * height)
    return _sample(name)[max(0, y - margin) : y + height + margin, max(0, x - margin) : x + width + margin]


def _covering(photo: Pixels, width: int, height: int) -> Pixels:
    """The middle of the photo, as much as fills the size."""
    scale = max(width / photo.shape[1], height / photo.shape[0])
    size = max(width, round(photo.shape[1] * scale)), max(height, round(photo.shape[0] * scale))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return _resized(photo, *size)[top : top + height, left : left + width].copy()


def _fitted(photo: Pixels, width: float, height: float) -> Pixels:
    """The photo as large as the room allows."""
    scale = min(width / photo.shape[1], height / photo.shape[0])
    return _resized(photo, max(1, int(photo.shape[1] * scale)), max(1, int(photo.shape[0] * scale)))


def _resized(photo: Pixels, width: int, height: int) -> Pixels:
    shrinks = width < photo.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return _uint8(cv2.resize(photo, (width, height), interpolation=way))


def _uint8(pixels: object) -> Pixels:
    return np.asarray(pixels, dtype=np.uint8)
