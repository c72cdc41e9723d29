"""GIF, and pictures that move: GIF, APNG and WebP with many frames."""

from __future__ import annotations

import struct
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

from soak.files.hostile import HostileFile, encode
from soak.files.png import chunk, pillow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soak.files.hostile import Must

_CLEAR, _END, _FIRST, _LAST = 256, 257, 258, 4095
"""LZW's codes, of a picture of 256 colours (GIF89a, appendix F)."""
_BOMBS: Final = "decompression bombs"
_FRAMES: Final = "several frames"


def gif(screen: tuple[int, int], frame: tuple[int, int], pixels: int, frames: int = 1) -> bytes:
    """Black frames with so many pixels each, whatever they say of themselves."""
    parts = [b"GIF89a", struct.pack("<HHBBB", *screen, 0xF7, 0, 0), bytes(3 * 256)]
    image = b",\0\0\0\0" + struct.pack("<HHB", *frame, 0) + b"\x08" + _blocks(_runs(pixels)) + b"\0"
    return b"".join(parts) + frames * image + b";"


def _runs(pixels: int) -> bytes:
    """So many zeros as LZW writes them: each code stands for a run that is one longer than the last one's."""
    bits, filled, width, left = 0, 0, 9, pixels
    out = bytearray()

    def put(code: int) -> None:
        nonlocal bits, filled
        bits |= code << filled
        filled += width
        while filled >= 8:
            out.append(bits & 255)
            bits >>= 8
            filled -= 8

    while left > 0:
        for number, code in enumerate((_CLEAR, 0, *range(_FIRST, _LAST))):
            # What is left at the end is shorter: a run that there is already.
            put(code if number <= left else _CLEAR + left if left > 1 else 0)
            # The decoder adds an entry with each code after the second; with it, codes get longer.
            width = max(9, (_CLEAR + number + 1).bit_length())
            left -= number
            if left <= 0:
                break
    put(_END)
    return bytes(out) + bits.to_bytes(1, "little")


def _blocks(content: bytes) -> bytes:
    return b"".join(bytes([len(part)]) + part for part in map(bytes, _chunks(content)))


def _chunks(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), 255):
        yield content[at : at + 255]


def files() -> Iterator[HostileFile]:
    """GIFs, and what moves."""

    def bomb(name: str, must: Must, content: partial[bytes]) -> HostileFile:
        return HostileFile(_BOMBS, f"GIF, {name}", must, content, "photo.gif")

    def moving(
        name: str, content: partial[bytes], must: Must = "face", file_name: str = "photo.gif"
    ) -> HostileFile:
        return HostileFile(_FRAMES, name, must, content, file_name)

    whole, allowed = (30_000, 30_000), (7_000, 7_000)
    yield bomb("30,000 x 30,000", "sentence", partial(gif, whole, whole, 30_000**2))
    yield bomb("65,535 x 65,535", "sentence", partial(gif, (65_535, 65_535), (65_535, 65_535), 10_000))
    yield bomb("all that is allowed", "picture", partial(gif, allowed, allowed, 7_000**2))
    yield bomb("all that is allowed, 20 frames", "picture", partial(gif, allowed, allowed, 7_000**2, 20))
    yield bomb("a frame of 30,000 on a screen of 100", "answer", partial(gif, (100, 100), whole, 30_000**2))
    yield bomb("says 7,000, holds 10 pixels", "answer", partial(gif, allowed, allowed, 10))
    yield bomb("a screen of nothing", "sentence", partial(gif, (0, 0), allowed, 7_000**2))
    yield moving("GIF, 12 frames", partial(_moving, "GIF", 12))
    yield moving("GIF, 3,000 frames of one pixel", partial(gif, (1, 1), (1, 1), 1, 3_000), "picture")
    yield moving("APNG, 12 frames", partial(_moving, "PNG", 12), file_name="photo.png")
    yield moving("APNG that says 2^31 - 1 frames", partial(_many_frames), file_name="photo.png")
    yield moving("WebP, 12 frames", partial(_moving, "WEBP", 12), file_name="photo.webp")
    yield moving("MPO, two pictures", partial(_moving, "MPO", 2), file_name="photo.mpo")
    yield moving("TIFF, 12 pages", partial(_moving, "TIFF", 12), "sentence", "photo.tif")
    for part in (0.05, 0.5, 0.95):
        yield moving(f"GIF that breaks off at {part:.0%}", partial(_cut, part), "answer")


def _moving(kind: str, frames: int) -> bytes:
    """The portrait, then other frames of it."""
    first, file = pillow(), BytesIO()
    others = [first.rotate(10 * number) for number in range(1, frames)]
    first.save(file, kind, save_all=True, append_images=others, quality=90)
    return file.getvalue()


def _many_frames() -> bytes:
    whole = encode(".png")
    return whole[:33] + chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)) + whole[33:]


def _cut(part: float) -> bytes:
    whole = _moving("GIF", 3)
    return whole[: int(part * len(whole))]
