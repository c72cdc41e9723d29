"""PNG: bombs in pixels and in texts, interlaced and deep ones, broken lengths and checksums."""

from __future__ import annotations

import struct
import zlib
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from soak.files.hostile import SIZE, HostileFile, encode, portrait

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soak.files.hostile import Must, Pixels

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, RGBA = 0, 2, 3, 6
_CHANNELS: Final = {GREY: 1, RGB: 3, PALETTE: 1, RGBA: 4}
_BOMBS: Final = "decompression bombs"
_COLOURS: Final = "colours, depth, transparency"
_BROKEN: Final = "broken lengths and checksums"
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""First column and row of each pass, and the steps (PNG, 8.2)."""


def chunk(kind: bytes, data: bytes, crc: int | None = None) -> bytes:
    """A chunk, with another checksum where one is given."""
    check = zlib.crc32(kind + data) if crc is None else crc
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png(
    size: tuple[int, int],
    compressed: bytes,
    *,
    colour: int = RGB,
    depth: int = 8,
    interlaced: bool = False,
    before: Sequence[bytes] = (),
) -> bytes:
    """A file of a header, further chunks, and compressed rows."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    parts = [chunk(b"IHDR", header), *before, chunk(b"IDAT", compressed), chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(parts)


def zeros(count: int) -> bytes:
    """So many zeros as zlib writes them, a thousandth of their size, made without ever having them."""
    packer, block = zlib.compressobj(9), bytes(2**20)
    first = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers to what came before, so that each block is like the second.
    second = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    whole, rest = divmod(count, len(block))
    if whole < 2:
        return zlib.compress(bytes(count), 9)
    end = packer.compress(bytes(rest)) + packer.flush(zlib.Z_FINISH)
    adler = struct.pack(">HH", count % 65521, 1)
    return first + (whole - 1) * second + end[:-4] + adler


def empty(
    width: int, height: int, colour: int = RGB, depth: int = 8, *, interlaced: bool = False, claims: int = 0
) -> bytes:
    """A black picture; `claims`: the side that its header says instead."""
    row = 1 + (width * _CHANNELS[colour] * depth + 7) // 8
    before = [chunk(b"PLTE", bytes(3))] if colour == PALETTE else []
    size = (claims, claims) if claims else (width, height)
    # Interlaced, some rows come in parts, each with a filter's byte of its own.
    count = height * row + (2 * height if interlaced else 0)
    return png(size, zeros(count), colour=colour, depth=depth, interlaced=interlaced, before=before)


def files() -> Iterator[HostileFile]:
    """PNGs."""
    yield from _bombs()
    yield from _colours()
    yield from _broken()


def _bombs() -> Iterator[HostileFile]:
    def bomb(name: str, must: Must, content: partial[bytes]) -> HostileFile:
        return HostileFile(_BOMBS, f"PNG, {name}", must, content, "photo.png")

    yield bomb("30,000 x 30,000", "sentence", partial(empty, 30_000, 30_000))
    yield bomb("30,000 x 30,000, RGBA of 16 bits", "sentence", partial(empty, 30_000, 30_000, RGBA, 16))
    yield bomb("30,000 x 30,000, black and white", "sentence", partial(empty, 30_000, 30_000, GREY, 1))
    yield bomb("30,000 x 30,000, interlaced", "sentence", partial(empty, 30_000, 30_000, interlaced=True))
    yield bomb("2^31 - 1 either way", "sentence", partial(empty, 100, 100, claims=2**31 - 1))
    yield bomb("all that is allowed, 16,384 x 3,050", "picture", partial(empty, 16_384, 3_050))
    yield bomb("all that is allowed, RGBA of 16 bits", "picture", partial(empty, 7_000, 7_000, RGBA, 16))
    yield bomb("all that is allowed, interlaced", "picture", partial(empty, 7_000, 7_000, interlaced=True))
    yield bomb("all that is allowed, a palette", "picture", partial(empty, 7_000, 7_000, PALETTE, 1))
    yield bomb("pixels of 30,000 x 30,000, says 100", "answer", partial(empty, 30_000, 30_000, claims=100))
    yield bomb("18 GB of pixels, says 2,000 x 2,000", "answer", partial(_endless, 2_000, 18 * 2**30))
    yield bomb("says 7,000, holds pixels of 10", "answer", partial(empty, 10, 10, claims=7_000))
    gigabyte = 2**30
    for kind, head in (
        (b"zTXt", b"Comment\0\0"),
        (b"iCCP", b"profile\0\0"),
        (b"iTXt", b"Comment\0\1\0\0\0"),
    ):
        yield bomb(f"a gigabyte in {kind.decode()}", "face", partial(_with, kind, head, gigabyte))
    yield bomb(
        "a gigabyte in each of nine zTXt", "face", partial(_with, b"zTXt", b"Comment\0\0", gigabyte, 9)
    )
    yield bomb("60,000 empty chunks", "face", partial(_with, b"tEXt", b"", 0, 60_000))
    yield bomb("a million empty chunks", "sentence", partial(_with, b"tEXt", b"", 0, 1_000_000))


def _endless(side: int, count: int) -> bytes:
    """As many compressed bytes as such a photo has."""
    return png((side, side), zeros(count))


def _colours() -> Iterator[HostileFile]:
    def coloured(name: str, content: partial[bytes], must: Must = "face") -> HostileFile:
        return HostileFile(_COLOURS, f"PNG, {name}", must, content, "photo.png")

    for channels, name in ((1, "grey"), (3, "RGB"), (4, "RGBA")):
        yield coloured(f"{name} of 16 bits", partial(_deep, channels))
    yield coloured("grey", partial(_pillow, "L"))
    yield coloured("grey and alpha", partial(_pillow, "LA"))
    yield coloured("black and white", partial(_pillow, "1"), "picture")
    yield coloured("half transparent", partial(_veiled, 128))
    yield coloured("wholly transparent", partial(_veiled, 0), "picture")
    for count in (2, 16, 256):
        must: Must = "face" if count > 2 else "picture"
        yield coloured(f"a palette of {count} colours", partial(_palette, count), must)
    yield coloured("a palette with a transparent colour", partial(_palette, 256, transparent=True))
    yield coloured("a transparent colour, RGB", partial(_inserted, chunk(b"tRNS", bytes(6))))
    yield coloured("interlaced", partial(_interlaced))
    for name, extra in (
        ("a colour profile that is none", chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(range(256))))),
        ("a colour profile that is cut off", chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(9000))[:-9])),
        ("gamma 0", chunk(b"gAMA", bytes(4))),
        ("gamma of 2^32 - 1", chunk(b"gAMA", b"\xff" * 4)),
        ("chromaticities of nothing", chunk(b"cHRM", bytes(32))),
        ("HDR by cICP", chunk(b"cICP", bytes([9, 16, 0, 1]))),
        ("0 pixels per metre", chunk(b"pHYs", bytes(9))),
    ):
        yield coloured(name, partial(_inserted, extra))


def _broken() -> Iterator[HostileFile]:
    def broken(name: str, content: partial[bytes], must: Must = "sentence") -> HostileFile:
        return HostileFile(_BROKEN, f"PNG, {name}", must, content, "photo.png")

    for kind in (b"IHDR", b"IDAT", b"IEND"):
        yield broken(f"wrong checksum of {kind.decode()}", partial(_altered, kind, -4))
        for length in (0, 2**31 - 1, 2**32 - 1):
            must: Must = "answer" if kind == b"IEND" and length == 0 else "sentence"
            altered = partial(_altered, kind, -8, struct.pack(">I", length))
            yield broken(f"{kind.decode()} of {length:,} bytes", altered, must)
    yield broken("no IDAT", partial(_without, b"IDAT"))
    yield broken("no IEND", partial(_without, b"IEND"))
    yield broken("two headers", partial(_inserted, encode(".png")[8:33]))
    yield broken("a palette's colours, but no palette", partial(png, SIZE, b"", colour=PALETTE))
    yield broken("a colour type that is none", partial(png, SIZE, zeros(10**6), colour=5))
    yield broken("a depth that is none", partial(png, SIZE, zeros(10**6), depth=7))
    yield broken("pixels that are no zlib", partial(png, SIZE, b"not compressed" * 100))
    yield broken("no pixels at all", partial(png, SIZE, zlib.compress(b"")))
    yield broken("0 x 0", partial(png, (0, 0), zlib.compress(b"")))
    for part in (0.01, 0.3, 0.6, 0.99):
        yield broken(f"breaks off at {part:.0%}", partial(_cut, part))


def _with(kind: bytes, head: bytes, unpacked: int, times: int = 1) -> bytes:
    """The portrait and a chunk, so many times."""
    extra = chunk(kind, head + zeros(unpacked) if unpacked else head)
    return _inserted(extra * times)


def _inserted(extra: bytes) -> bytes:
    """The portrait, with something after the header."""
    whole = encode(".png")
    return whole[:33] + extra + whole[33:]


def _altered(kind: bytes, offset: int, value: bytes | None = None) -> bytes:
    """The portrait, with four bytes of a chunk altered: its length (-8) or its checksum (-4)."""
    whole = encode(".png")
    start = whole.index(kind)
    (length,) = struct.unpack_from(">I", whole, start - 4)
    at = start - 4 if offset == -8 else start + 4 + length
    return whole[:at] + (value or bytes(4)) + whole[at + 4 :]


def _without(kind: bytes) -> bytes:
    whole = encode(".png")
    at = whole.index(kind) - 4
    return whole[:at] + (whole[whole.index(b"IEND") - 4 :] if kind == b"IDAT" else b"")


def _cut(part: float) -> bytes:
    whole = encode(".png")
    return whole[: int(part * len(whole))]


def _deep(channels: int) -> bytes:
    deep = portrait().astype(np.uint16) * 257
    if channels == 1:
        return encode(".png", deep[:, :, 1])
    opaque = np.full((*deep.shape[:2], 1), 65_535, np.uint16)
    return encode(".png", deep if channels == 3 else np.concatenate([deep, opaque], axis=2))


def _veiled(alpha: int) -> bytes:
    veil = np.full((*portrait().shape[:2], 1), alpha, np.uint8)
    return encode(".png", np.concatenate([portrait(), veil], axis=2))


def pillow() -> Image.Image:
    """The portrait as Pillow's."""
    return Image.fromarray(np.ascontiguousarray(portrait()[:, :, ::-1]))


def _pillow(mode: str) -> bytes:
    file = BytesIO()
    pillow().convert(mode).save(file, "PNG")
    return file.getvalue()


def _palette(colours: int, *, transparent: bool = False) -> bytes:
    file, picture = BytesIO(), pillow().quantize(colours)
    if transparent:
        picture.save(file, "PNG", transparency=colours - 1)
    else:
        picture.save(file, "PNG")
    return file.getvalue()


def _interlaced() -> bytes:
    rgb: Pixels = portrait()[:, :, ::-1]
    rows = [
        b"\0" + row.tobytes()
        for column, first, across, down in _ADAM7
        for row in rgb[first::down, column::across]
    ]
    return png(SIZE, zlib.compress(b"".join(rows)), interlaced=True)
