"""What a picture's file says of itself, read before its pixels are unpacked."""

from __future__ import annotations

import struct
from typing import NamedTuple
from zlib import crc32

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf", b"IEND")


class Header(NamedTuple):
    """What the file says of itself; `kind` is "jpeg", "png", "gif" or "webp", the sides are in pixels."""

    kind: str
    width: int
    height: int


def read_header(photo: bytes) -> Header | None:
    """The header of a JPEG, PNG, GIF or WebP file; None where the bytes are nothing of the kind."""
    try:
        if photo.startswith(b"\xff\xd8\xff"):
            return Header("jpeg", *_jpeg_size(photo))
        if photo.startswith(_PNG) and photo[12:16] == b"IHDR":
            return Header("png", *struct.unpack_from(">II", photo, 16))
        if photo[:6] in (b"GIF87a", b"GIF89a"):
            return Header("gif", *struct.unpack_from("<HH", photo, 6))
        if photo[:4] == b"RIFF" and photo[8:12] == b"WEBP":
            return Header("webp", *_webp_size(photo))
    except (struct.error, ValueError):
        return None
    return None


def plain_png(photo: bytes) -> bytes | None:
    """The PNG with no more than its pixels and EXIF; None where a chunk is cut off or altered.

    libpng writes to the standard error about colour profiles that it does not like, and about broken files.
    """
    chunks, at = [_PNG], len(_PNG)
    while True:
        if at + 12 > len(photo):
            return None
        length, kind = struct.unpack_from(">I4s", photo, at)
        chunk = photo[at : at + 12 + length]
        if chunk[-4:] != crc32(chunk[4:-4]).to_bytes(4):
            return None
        if kind in _PNG_NEEDED:
            chunks.append(chunk)
        if kind == b"IEND":
            return b"".join(chunks)
        at += len(chunk)


def _jpeg_size(photo: bytes) -> tuple[int, int]:
    """From the first frame header (ITU-T T.81, B.2.2), which the segments before it lead to."""
    at = 2
    while True:
        marker, length = struct.unpack_from(">HH", photo, at)
        if marker == 0xFFFF:  # a fill byte
            at += 1
            continue
        if marker < 0xFF00:
            raise ValueError("no marker where one must be")
        # SOF0 to SOF15, less DHT, JPG and DAC, which stand among them.
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from(">HH", photo, at + 5)
            return width, height
        at += 2 + max(length, 2)


def _webp_size(photo: bytes) -> tuple[int, int]:
    """From the first chunk: lossy (RFC 6386, 9.1), lossless, or extended (RFC 9649, 2.7 and 3.4)."""
    chunk = photo[12:16]
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", photo, 26)
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", photo, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8X" and len(photo) >= 30:
        return int.from_bytes(photo[24:27], "little") + 1, int.from_bytes(photo[27:30], "little") + 1
    raise ValueError("no image chunk")
