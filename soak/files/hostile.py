"""What a hostile file is, and the portrait that stands in those which must be read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Pixels = NDArray[Any]
Must = Literal["face", "picture", "sentence", "answer"]
"""`face`: the portrait's face is found, upright and in its place. `picture`: it is read, with a face or
without. `sentence`: it is refused, and the sender told why. `answer`: any of these."""

_PORTRAIT: Final = Path(__file__).parents[2] / "playground" / "photos" / "obama.jpg"
SIZE: Final = (256, 320)
"""Width and height of the portrait: no square, so that one that lies on its side is noticed."""


@dataclass(frozen=True)
class HostileFile:
    """A file that somebody sends."""

    group: str
    name: str
    must: Must
    make: Callable[[], bytes]
    file_name: str = "photo.jpg"
    """What it is called where it is sent as a file."""


@cache
def portrait() -> Pixels:
    """One face, looking at us: uint8 (H, W, 3), BGR."""
    whole = cv2.imread(str(_PORTRAIT))
    if whole is None:
        raise FileNotFoundError(_PORTRAIT)
    return cv2.resize(whole, SIZE, interpolation=cv2.INTER_AREA)


def encode(extension: str, pixels: Pixels | None = None, parameters: Sequence[int] = ()) -> bytes:
    """Pixels, BGR, by default the portrait's, as OpenCV writes them."""
    _, file = cv2.imencode(extension, portrait() if pixels is None else pixels, parameters)
    return file.tobytes()


def encode_with_exif(extension: str, pixels: Pixels, exif: bytes) -> bytes:
    """The same, with an EXIF block."""
    blocks = [np.frombuffer(exif, np.uint8)]
    _, file = cv2.imencodeWithMetadata(extension, pixels, [cv2.IMAGE_METADATA_EXIF], blocks)
    return file.tobytes()
