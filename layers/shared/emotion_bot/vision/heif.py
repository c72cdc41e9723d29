"""HEIF (HEIC) photos, unpacked in a process of their own: a file can crash libheif, but not the bot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from emotion_bot.vision.errors import UnreadablePhoto

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROGRAM: Final = Path(__file__).with_name("heif_process.py")
_LONGEST: Final = 10.0
"""Seconds; 12 megapixels take half a second."""
_KEPT: Final = ("LD_LIBRARY_PATH",)
"""Without it the Python of Lambda's images, in /var/lang, does not find its own library."""


def unpack(photo: bytes) -> NDArray[Any]:
    """What libheif makes of a file: uint8 or uint16 (H, W), (H, W, 3) BGR or (H, W, 4) BGRA.

    Upright by the file's own properties, beside which EXIF does not count.

    Raises:
        UnreadablePhoto: libheif refuses it, crashes on it (item types that are no UTF-8 are enough), or takes
            too long.
    """
    try:
        process = subprocess.run(  # noqa: S603 - the photo is its input, no part of the command
            [sys.executable, str(_PROGRAM)],
            input=photo,
            capture_output=True,
            timeout=_LONGEST,
            check=True,
            env=_environment(),
        )
    except subprocess.SubprocessError:
        raise UnreadablePhoto from None
    kind, shape, pixels = process.stdout.split(b"\n", 2)
    return np.frombuffer(pixels, kind.decode()).reshape(tuple(map(int, shape.split())))


def _environment() -> dict[str, str]:
    """Where Python and its packages lie, no more: what takes over the decoder finds no keys there."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
