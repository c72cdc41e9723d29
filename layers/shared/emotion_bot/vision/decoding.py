"""A photo's bytes become pixels: upright, RGB, 8 bits, within limits, whatever the sender's camera wrote."""

from __future__ import annotations

import os
import struct
import sys
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_bot.vision import heif
from emotion_bot.vision.errors import PhotoTooLarge, UnreadablePhoto
from emotion_bot.vision.header import Header, plain_png, read_header

MAX_BYTES = 20 * 2**20
"""What a bot can download from Telegram: https://core.telegram.org/bots/api#getfile."""
MAX_PIXELS = 50_000_000
"""A phone's largest everyday photo; 150 MB once it is unpacked."""
MAX_SIDE = 16_384
"""Pixels; where WebP ends, and no camera's photo is longer."""

Pixels = NDArray[np.uint8]

_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_MOST_SCANS = 60
"""Of a progressive JPEG, which has about 10. However short, each goes over all pixels, 49 million in 37 ms: a
file of 320 kB took 12 seconds."""
_ORIENTATION = 0x0112
_REDUCED = {
    1: 0,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
"""By which whole numbers libjpeg shrinks as it unpacks, and OpenCV's flag that says so beside a colour's."""
_BAND = 64
"""Rows that are put on white at a time, so that what lies in between takes little memory."""

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


class Reduced(NamedTuple):
    """A photo, uint8 (H, W, 3), RGB, upright; a pixel stands for `factor` x `factor` of the file's."""

    pixels: Pixels
    factor: int


def decode(photo: bytes) -> Pixels:
    """The pixels of a JPEG, PNG, WebP, HEIF (HEIC) or GIF (its first frame): uint8 (H, W, 3), RGB, upright.

    Transparent pixels stand on white. A JPEG that breaks off is taken if at least half its rows arrived.

    Raises:
        UnreadablePhoto: the bytes are no such picture, or a broken one.
        PhotoTooLarge: over MAX_BYTES, MAX_PIXELS or MAX_SIDE; the size is read before any pixel is unpacked.
    """
    return decode_reduced(photo, MAX_SIDE).pixels


def decode_reduced(photo: bytes, enough: int) -> Reduced:
    """The same, of a large photo an eighth, a quarter or half.

    The longer side keeps `enough` pixels or more, and the shorter one, of a panorama, a quarter of that.
    A JPEG of 12 megapixels takes half the time at half the size, one of 48 a third of it at a quarter, and
    their full size is never in memory. Of what cannot be unpacked in parts, a progressive one and every other
    format, 48 megapixels take 150 MB for a while, HEIF 300.

    Raises:
        PhotoError: as `decode`.
    """
    if len(photo) > MAX_BYTES:
        raise PhotoTooLarge(f"This file is over {MAX_BYTES >> 20} MB. Please send a smaller one.")
    header = read_header(photo)
    if header is None or not header.width or not header.height:
        raise UnreadablePhoto
    shorter, longer = sorted((header.width, header.height))
    if header.width * header.height > MAX_PIXELS or longer > MAX_SIDE:
        raise PhotoTooLarge(
            f"This picture is too large ({header.width} x {header.height} pixels). "
            f"Please send one of at most {MAX_PIXELS // 10**6} megapixels and {MAX_SIDE} pixels a side."
        )
    size = min(longer, 4 * shorter)
    factor = max((factor for factor in _REDUCED if size >= factor * enough), default=1)
    if header.kind == "jpeg":
        return Reduced(_jpeg(photo, header, factor), factor)
    if header.kind == "png":
        photo = plain_png(photo)
    if header.kind == "heif":
        rgb = _on_white(heif.unpack(photo))
    else:
        # OpenCV turns upright what it reads in colour, but drops what is transparent.
        rgb = _with_alpha(photo) if header.has_alpha else _read(photo, cv2.IMREAD_COLOR_RGB)
    return Reduced(_averaged(rgb, factor), factor)


def _jpeg(photo: bytes, header: Header, factor: int) -> Pixels:
    if header.is_progressive and photo.count(_JPEG_SCAN) > _MOST_SCANS:
        raise UnreadablePhoto
    if photo.rfind(_JPEG_END) < photo.rfind(_JPEG_SCAN):
        # It breaks off. Given an end, it can be read, and libjpeg fills in grey what is missing.
        photo += _JPEG_END
        if _missing(photo) > 1 / 2:
            raise UnreadablePhoto
    return _read(photo, cv2.IMREAD_COLOR_RGB | _REDUCED[factor])


def _missing(photo: bytes) -> float:
    """The share of the rows, at the bottom of the file, that are of the grey that libjpeg fills in."""
    eighth = _read(photo, _REDUCED[8] | cv2.IMREAD_IGNORE_ORIENTATION)
    rows = np.flatnonzero((eighth != 128).any(axis=1))
    return 1 - (int(rows[-1]) + 1) / len(eighth) if len(rows) else 1


def _read(photo: bytes, flags: int) -> Pixels:
    """What OpenCV makes of a file.

    `imdecode` copies its pixels into an array; `imread` unpacks into the array itself: 9 megapixels take half
    the memory and 0.6 of the time. So on Linux the bytes become a file, one in memory only.
    """
    try:
        if sys.platform == "linux":
            with os.fdopen(os.memfd_create("photo"), "wb", buffering=0) as file:
                file.write(photo)
                pixels: Any = cv2.imread(f"/proc/self/fd/{file.fileno()}", None, flags)
        else:
            pixels = cv2.imdecode(np.frombuffer(photo, np.uint8), flags)
    except cv2.error as error:
        raise _meant(error) from None
    if pixels is None:
        raise UnreadablePhoto
    return np.asarray(pixels, np.uint8)


def _meant(error: cv2.error) -> Exception:
    """Of what OpenCV raises, a lack of memory says nothing of the file."""
    lacks = error.code == cv2.Error.StsNoMem or str(error) == "std::bad_alloc"
    return MemoryError() if lacks else UnreadablePhoto()


def _averaged(rgb: Pixels, factor: int) -> Pixels:
    """Each block of factor x factor pixels becomes one. What is left over at the edge is left."""
    if factor == 1:
        return rgb
    height, width = (max(1, length // factor) for length in rgb.shape[:2])
    whole = rgb[: height * factor, : width * factor]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _with_alpha(photo: bytes) -> Pixels:
    """A picture that may be transparent, upright."""
    try:
        pixels, kinds, blocks = cv2.imdecodeWithMetadata(np.frombuffer(photo, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise _meant(error) from None
    if pixels is None:
        raise UnreadablePhoto
    exif = dict(zip(kinds, blocks, strict=True)).get(cv2.IMAGE_METADATA_EXIF)
    return _upright(_on_white(pixels), 1 if exif is None else _orientation(exif.tobytes()))


def _on_white(pixels: NDArray[Any]) -> Pixels:
    """Grey, BGR or BGRA, of 8 or 16 bits, as RGB of 8 bits on white."""
    rgb = np.empty((*pixels.shape[:2], 3), np.uint8)
    for top in range(0, len(rgb), _BAND):
        rgb[top : top + _BAND] = _rgb(pixels[top : top + _BAND])
    return rgb


def _rgb(pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    if pixels.shape[2] == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    alpha = cv2.cvtColor(pixels[:, :, 3], cv2.COLOR_GRAY2RGB)
    colour = cv2.multiply(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), alpha, scale=1 / 255)
    return cv2.add(colour, cv2.bitwise_not(alpha))


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


def _upright(rgb: Pixels, orientation: int) -> Pixels:
    """Undo what EXIF says was done: 5 to 8 lie on their side, and all but 1 are turned or mirrored."""
    if orientation >= 5:
        rgb = rgb.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return np.ascontiguousarray(rgb)
