"""HEIF (HEIC) photos, unpacked in a process of their own: a file can crash libheif, but not the bot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from emotion_bot.vision.environment import bare
from emotion_bot.vision.errors import UnreadablePhoto

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROGRAM: Final = Path(__file__).with_name("heif_process.py")
_LONGEST: Final = 10.0
"""Seconds; 12 megapixels take half a second."""


def unpack(photo: bytes) -> NDArray[Any]:
    """What libheif makes of a file: uint8 or uint16 (H, W), (H, W, 3) BGR or (H, W, 4) BGRA.

    Upright by the file's own properties, beside which EXIF does not count.

    Raises:
        UnreadablePhoto: libheif refuses it, crashes on it (item types that are no UTF-8 are enough), or takes
            too long.
    """
    import subprocess  # noqa: PLC0415 - 5 ms of each start, and few photos are such

    try:
        process = subprocess.run(  # noqa: S603 - the photo is its input, no part of the command
            [sys.executable, str(_PROGRAM)],
            input=photo,
            capture_output=True,
            timeout=_LONGEST,
            check=True,
            env=bare(),
        )
    except subprocess.SubprocessError:
        raise UnreadablePhoto from None
    kind, shape, pixels = process.stdout.split(b"\n", 2)
    return np.frombuffer(pixels, kind.decode()).reshape(tuple(map(int, shape.split())))
