"""A photo's bytes become pixels: upright, RGB, 8 bits, within limits, whatever the sender's camera wrote."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from emotion_bot.vision.errors import PhotoTooLarge, UnreadablePhoto
from emotion_bot.vision.header import plain_png, read_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 20 * 2**20
"""What a bot can download from Telegram: https://core.telegram.org/bots/api#getfile."""
MAX_PIXELS = 50_000_000
"""A phone's largest everyday photo; 150 MB once it is unpacked."""
MAX_SIDE = 16_384
"""Pixels; where WebP ends, and no camera's photo is longer."""

_JPEG_END = b"\xff\xd9"
_ORIENTATION = 0x0112

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def decode(photo: bytes) -> NDArray[np.uint8]:
    """The pixels of a JPEG, PNG, WebP or GIF (its first frame): uint8 (H, W, 3), RGB, turned upright by EXIF.

    Transparent pixels stand on white. A JPEG that breaks off is taken if at least half its rows arrived.

    Raises:
        UnreadablePhoto: the bytes are no such picture, or a broken one.
        PhotoTooLarge: over MAX_BYTES, MAX_PIXELS or MAX_SIDE; the size is read before any pixel is unpacked.
    """
    if len(photo) > MAX_BYTES:
        raise PhotoTooLarge(f"This file is over {MAX_BYTES >> 20} MB. Please send a smaller one.")
    header = read_header(photo)
    if header is None or not header.width or not header.height:
        raise UnreadablePhoto
    if header.width * header.height > MAX_PIXELS or max(header.width, header.height) > MAX_SIDE:
        raise PhotoTooLarge(
            f"This picture is too large ({header.width} x {header.height} pixels). "
            f"Please send one of at most {MAX_PIXELS // 10**6} megapixels and {MAX_SIDE} pixels a side."
        )
    if header.kind == "png":
        photo = plain_png(photo) or b""
    pixels, exif = _unpack(photo)
    if pixels is None and header.kind == "jpeg":
        # OpenCV gives nothing for a JPEG without an end; given one, libjpeg fills in grey what is missing.
        pixels, exif = _unpack(photo + _JPEG_END)
        if pixels is not None and _missing_rows(pixels) > len(pixels) / 2:
            raise UnreadablePhoto
    if pixels is None:
        raise UnreadablePhoto
    return _upright(_rgb(pixels), _orientation(exif))


def _unpack(photo: bytes) -> tuple[NDArray[Any] | None, bytes]:
    """The pixels as the file holds them, None if it is broken; and its EXIF block."""
    try:
        pixels, kinds, blocks = cv2.imdecodeWithMetadata(np.frombuffer(photo, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None, b""
    metadata = dict(zip(kinds, blocks, strict=True))
    exif = metadata.get(cv2.IMAGE_METADATA_EXIF)
    return pixels, b"" if exif is None else exif.tobytes()


def _missing_rows(pixels: NDArray[Any]) -> int:
    """How many rows at the bottom are of the grey that libjpeg fills in."""
    rows = np.flatnonzero((pixels != 128).reshape(len(pixels), -1).any(axis=1))
    return len(pixels) - 1 - int(rows[-1]) if len(rows) else len(pixels)


def _rgb(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Grey, BGR or BGRA, of 8 or 16 bits, as RGB of 8 bits on white."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        rgb = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    elif pixels.shape[2] == 3:
        rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    else:
        alpha = cv2.cvtColor(pixels[:, :, 3], cv2.COLOR_GRAY2RGB)
        colour = cv2.multiply(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), alpha, scale=1 / 255)
        rgb = cv2.add(colour, cv2.bitwise_not(alpha))
    return rgb.astype(np.uint8, copy=False)


def _orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 to 8 (CIPA DC-008, 4.6.4); 1 where it says nothing sensible."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (entries,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(entries):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, directory + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def _upright(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Undo what EXIF says was done: 5 to 8 lie on their side, and all but 1 are turned or mirrored."""
    if orientation >= 5:
        rgb = rgb.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return np.ascontiguousarray(rgb)
