"""Noise: random bytes, empty files, first bytes of formats and then noise, good files with altered bytes."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Final

from soak.files.hostile import HostileFile, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOISE: Final = "random bytes, empty files"
_ALTERED: Final = "good files with altered bytes"
_STARTS: Final = {
    "JPEG": b"\xff\xd8\xff",
    "JPEG with a frame": b"\xff\xd8\xff\xc0\0\x11\x08\1\0\1\0\3",
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\0\0\0\1\0\x08\2\0\0\0",
    "GIF": b"GIF89a\0\1\0\1\xf7\0\0",
    "WebP, lossy": b"RIFF\xff\xff\0\0WEBPVP8 \xff\xff\0\0\0\0\0\x9d\1\x2a\0\1\0\1",
    "WebP, lossless": b"RIFF\xff\xff\0\0WEBPVP8L\xff\xff\0\0\x2f\xff\xc0\x3f\0",
    "WebP, extended": b"RIFF\xff\xff\0\0WEBPVP8X\x0a\0\0\0\x12\0\0\0\xff\0\0\xff\0\0",
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
}
_EACH: Final = 8
"""Altered files of each format."""


def files() -> Iterator[HostileFile]:
    """All kinds of noise, the same each time."""
    for size in (0, 1, 3, 100, 10_000, 1_000_000):
        yield HostileFile(_NOISE, f"{size:,} random bytes", "sentence", partial(_random, b"", size))
    yield HostileFile(_NOISE, "a megabyte of zeros", "sentence", partial(bytes, 10**6))
    for name, start in _STARTS.items():
        yield HostileFile(
            _NOISE, f"the first bytes of {name}, no more", "sentence", partial(_random, start, 0)
        )
        yield HostileFile(
            _NOISE, f"the first bytes of {name}, then noise", "answer", partial(_random, start, 50_000)
        )
    for extension in (".jpg", ".png", ".webp", ".gif"):
        for seed in range(_EACH):
            name = f"{extension[1:].upper()}, {seed + 1}"
            content = partial(_altered, extension, seed)
            yield HostileFile(_ALTERED, name, "answer", content, f"photo{extension}")


def _random(start: bytes, size: int) -> bytes:
    return start + Random(size).randbytes(size)  # noqa: S311 - to be the same each time


def _altered(extension: str, seed: int) -> bytes:
    """Five bytes: in the first 500 for half of the seeds, anywhere for the others."""
    file, chance = bytearray(encode(extension)), Random(seed)  # noqa: S311 - to be the same each time
    end = 500 if seed < _EACH // 2 else len(file)
    for _ in range(5):
        file[chance.randrange(end)] = chance.randrange(256)
    return bytes(file)
