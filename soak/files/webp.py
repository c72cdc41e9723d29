"""WebP: a bomb of thirty bytes, files that lie about their canvas, broken lengths."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from soak.files.hostile import HostileFile, encode, portrait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soak.files.hostile import Must

_LOSSLESS: Final = [cv2.IMWRITE_WEBP_QUALITY, 101]
_BOMBS: Final = "decompression bombs"
_BROKEN: Final = "broken lengths and checksums"
_COLOURS: Final = "colours, depth, transparency"


def riff(*chunks: bytes) -> bytes:
    """A WebP file of chunks."""
    content = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def part(kind: bytes, data: bytes) -> bytes:
    """A chunk, of an even number of bytes."""
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def lossless(side: int) -> bytes:
    """A `VP8L` chunk of one colour: however large, its pixels take no bits at all (RFC 9649, 3.4 and 6.2)."""
    file = encode(".webp", np.zeros((4, 4, 3), np.uint8), _LOSSLESS)
    (size,) = struct.unpack_from("<I", file, 16)
    data = bytearray(file[20 : 20 + size])
    (bits,) = struct.unpack_from("<I", data, 1)
    struct.pack_into("<I", data, 1, bits >> 28 << 28 | (side - 1) << 14 | (side - 1))
    return part(b"VP8L", bytes(data))


def extended(side: int, *chunks: bytes, flags: int = 0) -> bytes:
    """A file with a canvas of that side."""
    canvas = 2 * (side - 1).to_bytes(3, "little")
    return riff(part(b"VP8X", bytes([flags, 0, 0, 0]) + canvas), *chunks)


def files() -> Iterator[HostileFile]:
    """WebPs."""

    def bomb(name: str, must: Must, content: partial[bytes]) -> HostileFile:
        return HostileFile(_BOMBS, f"WebP, {name}", must, content, "photo.webp")

    def broken(name: str, content: partial[bytes], must: Must = "sentence") -> HostileFile:
        return HostileFile(_BROKEN, f"WebP, {name}", must, content, "photo.webp")

    yield bomb("16,384 x 16,384 in 40 bytes", "sentence", partial(_still, 16_384))
    yield bomb("all that is allowed, in 40 bytes", "picture", partial(_still, 7_000))
    yield bomb("a picture of 16,384 on a canvas of 100", "sentence", partial(_lying, 100, 16_384))
    yield bomb("a canvas of 2^24", "sentence", partial(_lying, 2**24, 100))
    yield bomb("500 frames of 7,000 x 7,000", "answer", partial(_frames, 7_000, 500))
    yield bomb("a frame of 16,384 on a canvas of 100", "answer", partial(_frames, 100, 1, 16_384))
    yield HostileFile(
        _COLOURS, "WebP, lossless", "face", partial(encode, ".webp", None, _LOSSLESS), "photo.webp"
    )
    yield HostileFile(_COLOURS, "WebP, lossy, half transparent", "face", _veiled, "photo.webp")
    for length in (0, 10, 2**32 - 1):
        yield broken(f"RIFF of {length:,} bytes", partial(_altered, 4, length), "answer")
        yield broken(f"pixels of {length:,} bytes", partial(_altered, 16, length))
    for share in (0.01, 0.3, 0.6, 0.99):
        yield broken(f"breaks off at {share:.0%}", partial(_cut, share))


def _still(side: int) -> bytes:
    return riff(lossless(side))


def _lying(canvas: int, side: int) -> bytes:
    return extended(canvas, lossless(side))


def _frames(canvas: int, count: int, side: int = 0) -> bytes:
    """An animation: flag 2, `ANIM`, then `ANMF` chunks (RFC 9649, 2.7.1.1)."""
    side = side or canvas
    place = bytes(6) + 2 * (side - 1).to_bytes(3, "little") + (100).to_bytes(3, "little") + b"\0"
    frame = part(b"ANMF", place + lossless(side))
    return extended(canvas, part(b"ANIM", bytes(6)), *[frame] * count, flags=2)


def _veiled() -> bytes:
    veil = np.full((*portrait().shape[:2], 1), 128, np.uint8)
    return encode(".webp", np.concatenate([portrait(), veil], axis=2), [cv2.IMWRITE_WEBP_QUALITY, 90])


def _altered(at: int, value: int) -> bytes:
    whole = bytearray(encode(".webp", None, [cv2.IMWRITE_WEBP_QUALITY, 90]))
    struct.pack_into("<I", whole, at, value)
    return bytes(whole)


def _cut(share: float) -> bytes:
    whole = encode(".webp", None, [cv2.IMWRITE_WEBP_QUALITY, 90])
    return whole[: int(share * len(whole))]
