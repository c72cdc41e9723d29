"""What a picture's file says of itself, read before its pixels are unpacked."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32, decompressobj, error

from emotion_bot.vision.isobmff import is_heif, read_pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND")
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type."""
_PNG_BEHIND = 2**28
"""Bytes that may lie behind a PNG's pixels. libpng unpacks them, too: a file of 18 MB took 20 seconds."""
_DEFLATED = 1032
"""Times its size is what deflated data unpacks to at most."""
_STEP = 2**20
_PROGRESSIVE = (0xFFC2, 0xFFC6, 0xFFCA, 0xFFCE)
_MOST_WORK = 5
"""Times its own pixels, besides _LITTLE_WORK, is what a HEIF picture may unpack: itself and its alpha plane,
and the tiles of both. Of a small one, the tiles may be larger than itself."""
_LITTLE_WORK = 2**22
_MOST_PARTS = 2**16
"""More segments or chunks than a photo's file has; one of nothing but empty ones takes seconds to read."""


class Header(NamedTuple):
    """What the file says of itself; `kind` is "jpeg", "png", "gif", "webp" or "heif", sides are in pixels."""

    kind: str
    width: int
    height: int
    has_alpha: bool = False
    """Whether there may be transparent pixels."""
    is_progressive: bool = False


def read_header(photo: bytes) -> Header | None:
    """The header of a JPEG, PNG, GIF, WebP or HEIF file; None where the bytes are nothing of the kind."""
    try:
        if photo.startswith(b"\xff\xd8\xff"):
            return _jpeg(photo)
        if photo.startswith(_PNG) and photo[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", photo, 16)
            return Header("png", width, height, _png_has_alpha(photo))
        if photo[:6] in (b"GIF87a", b"GIF89a"):
            width, height = struct.unpack_from("<HH", photo, 6)
            return Header("gif", width, height, has_alpha=True)
        if photo[:4] == b"RIFF" and photo[8:12] == b"WEBP":
            return _webp(photo)
        if is_heif(photo):
            return _heif(photo)
    except (struct.error, LookupError, ValueError):
        return None
    return None


def plain_png(photo: bytes) -> bytes:
    """The PNG with no more than its pixels and EXIF; empty where a chunk is cut off or altered, or a bomb.

    libpng writes to the standard error about colour profiles that it does not like, and about broken files.
    """
    view, at, kept, is_plain = memoryview(photo), len(_PNG), [memoryview(_PNG)], True
    pixels: list[memoryview] = []
    for _ in range(_MOST_PARTS):
        if at + 12 > len(photo):
            return b""
        length, kind = struct.unpack_from(">I4s", photo, at)
        chunk = view[at : at + 12 + length]
        if chunk[-4:] != crc32(chunk[4:-4]).to_bytes(4):
            return b""
        if kind == b"IDAT":
            pixels.append(chunk[8:-4])
        if kind in _PNG_NEEDED:
            kept.append(chunk)
        else:
            is_plain = False
        if kind == b"IEND":
            if _goes_on(pixels, _png_size(photo)):
                return b""
            return photo if is_plain else b"".join(kept)
        at += len(chunk)
    return b""


def _jpeg(photo: bytes) -> Header:
    """From the first frame header (ITU-T T.81, B.2.2), which the segments before it lead to."""
    at = 2
    for _ in range(_MOST_PARTS):
        marker, length = struct.unpack_from(">HH", photo, at)
        if marker == 0xFFFF:  # a fill byte
            at += 1
            continue
        if marker < 0xFF00:
            raise ValueError("no marker where one must be")
        # SOF0 to SOF15, less DHT, JPG and DAC, which stand among them.
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from(">HH", photo, at + 5)
            return Header("jpeg", width, height, is_progressive=marker in _PROGRESSIVE)
        at += 2 + max(length, 2)
    raise ValueError("no frame header")


def _png_has_alpha(photo: bytes) -> bool:
    """By the colour type (PNG, 11.2.1), or a chunk in front of the pixels that makes a colour transparent."""
    return photo[25] in (4, 6) or photo.find(b"tRNS", 0, photo.find(b"IDAT")) > 0


def _png_size(photo: bytes) -> int:
    """Bytes of the unpacked pixels, each row with its filter's (PNG, 7.2); a few more where interlaced."""
    width, height, depth, colour = struct.unpack_from(">IIBB", photo, 16)
    return int(height * (1 + (width * depth * _PNG_CHANNELS.get(colour, 4) + 7) // 8))


def _goes_on(parts: Sequence[memoryview], size: int) -> bool:
    """Whether compressed data may go on far behind what it should unpack to; looks as far as it must."""
    inflater, left, packed = decompressobj(), size, sum(map(len, parts))
    try:
        for part in parts:
            rest: bytes | memoryview = part
            while rest:
                if _DEFLATED * packed <= left + _PNG_BEHIND:
                    return False
                if left < 0:
                    return True
                left -= len(inflater.decompress(rest, _STEP))
                packed -= len(rest) - len(inflater.unconsumed_tail)
                rest = inflater.unconsumed_tail
    except error:
        return False  # libpng finds that, too
    return False


def _webp(photo: bytes) -> Header:
    """From the first chunk: lossy (RFC 6386, 9.1), lossless, or extended (RFC 9649, 2.7 and 3.4)."""
    chunk = photo[12:16]
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", photo, 26)
        return Header("webp", width & 0x3FFF, height & 0x3FFF)
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", photo, 21)
        return Header("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1))
    if chunk == b"VP8X" and len(photo) >= 30:
        width, height = (int.from_bytes(photo[at : at + 3], "little") + 1 for at in (24, 27))
        return Header("webp", width, height, bool(photo[20] & 0x10))
    raise ValueError("no image chunk")


def _heif(photo: bytes) -> Header:
    """From the primary item. libheif unpacks no item that is larger than the file says, but any number."""
    pictures = read_pictures(photo)
    width, height = pictures.sizes[pictures.primary]
    if pictures.pixels(pictures.primary) > _MOST_WORK * width * height + _LITTLE_WORK:
        raise ValueError("more to unpack than there is to see")
    return Header("heif", width, height)
