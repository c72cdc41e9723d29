"""Pictures that must be turned, and pictures of odd sides."""

from __future__ import annotations

import struct
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from soak.files.heif import heic
from soak.files.hostile import HostileFile, encode, encode_with_exif, portrait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from soak.files.hostile import Must, Pixels

STORED: Final[dict[int, Callable[[Pixels], Pixels]]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: np.rot90(upright, 2),
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: np.rot90,
    7: lambda upright: np.rot90(upright.transpose(1, 0, 2), 2),
    8: lambda upright: np.rot90(upright, -1),
}
"""By EXIF's orientation, what a camera stores of an upright picture (CIPA DC-008, 4.6.4)."""
_TURNED: Final = "EXIF orientations 1 to 8"
_SIDES: Final = "odd sides"


def exif(orientation: int) -> bytes:
    """A block that says nothing else."""
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def files() -> Iterator[HostileFile]:
    """The portrait in every orientation and format, and pictures as narrow as a line."""
    for orientation in STORED:
        for extension, alpha in ((".jpg", False), *product((".png", ".webp"), (False, True))):
            content = partial(_turned, extension, orientation, alpha=alpha)
            name = f"{extension[1:].upper()}{' with alpha' if alpha else ''}, {orientation}"
            yield HostileFile(_TURNED, name, "face", content, f"photo{extension}")
        yield HostileFile(_TURNED, f"HEIC, {orientation}", "face", partial(_heic, orientation), "photo.heic")
    for orientation in (0, 9, 65_535):
        content = partial(encode_with_exif, ".jpg", portrait(), exif(orientation))
        yield HostileFile(_TURNED, f"JPG, {orientation:,}, which is none", "face", content)
    for width, height in ((1, 1), (1, 20_000), (20_000, 1), (1, 16_384), (16_384, 1), (2, 3), (11, 11)):
        must: Must = "sentence" if max(width, height) > 16_384 else "picture"
        for extension in (".jpg", ".png", ".webp", ".gif"):
            if extension == ".webp" and max(width, height) > 16_383:
                continue  # it has no such sides
            content = partial(_blank, extension, width, height)
            name = f"{extension[1:].upper()}, {width:,} x {height:,}"
            yield HostileFile(_SIDES, name, must, content, f"photo{extension}")


def _turned(extension: str, orientation: int, *, alpha: bool) -> bytes:
    stored = np.ascontiguousarray(STORED[orientation](portrait()))
    if alpha:
        stored = np.dstack([stored, np.full(stored.shape[:2], 254, np.uint8)])
    return encode_with_exif(extension, stored, exif(orientation))


def _heic(orientation: int) -> bytes:
    return heic(STORED[orientation](portrait()), exif(orientation))


def _blank(extension: str, width: int, height: int) -> bytes:
    return encode(extension, np.full((height, width, 3), 200, np.uint8))
