"""HEIC and AVIF: good, altered and cut off; grids that take minutes; a type that ends libheif's process."""

from __future__ import annotations

import struct
from functools import cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
import pillow_heif

from soak.files.hostile import HostileFile, portrait
from soak.files.png import pillow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from soak.files.hostile import Must, Pixels

_HEIC: Final = "HEIC and AVIF"
_TILE: Final = (512, 512)
_ALTERED: Final = 12
"""Files with altered bytes."""


@cache
def good() -> bytes:
    """The portrait."""
    return heic(portrait())


def heic(pixels: Pixels, exif: bytes = b"", mode: str = "BGR") -> bytes:
    """Pixels as a file; an orientation in EXIF also goes into the properties that readers obey."""
    picture = pillow_heif.from_bytes(mode, pixels.shape[1::-1], np.ascontiguousarray(pixels).tobytes())
    if exif:
        picture.info["exif"] = exif
    file = BytesIO()
    picture.save(file, quality=90)
    return file.getvalue()


def box(kind: bytes, *content: bytes) -> bytes:
    """A box (ISO/IEC 14496-12, 4.2)."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def says(
    sizes: Iterable[tuple[int, int]], references: Iterable[tuple[bytes, int, Iterable[int]]] = ()
) -> bytes:
    """The boxes in front of the pixels: items from 1 on with their sizes, who is made of whom; no pixels."""
    sizes = list(sizes)
    owned = [
        struct.pack(">H", item) + struct.pack(">BH", 1, 0x8000 | item + 1)
        for item, _ in enumerate(sizes, start=1)
    ]
    ranges = [box(b"ispe", bytes(4), struct.pack(">II", *size)) for size in sizes]
    links = []
    for kind, item, others in references:
        parts = list(others)
        links.append(box(kind, struct.pack(f">HH{len(parts)}H", item, len(parts), *parts)))
    properties = box(b"ipco", box(b"hvcC"), *ranges)
    owners = box(b"ipma", b"\0\0\0\1", struct.pack(">I", len(sizes)), *owned)
    meta = [box(b"pitm", bytes(4), b"\0\1"), box(b"iprp", properties, owners), box(b"iref", bytes(4), *links)]
    return (
        box(b"ftyp", b"heic", bytes(4), b"mif1heic") + box(b"meta", bytes(4), *meta) + box(b"mdat", bytes(40))
    )


def files() -> Iterator[HostileFile]:
    """HEICs and AVIFs."""

    def heif(
        name: str, content: partial[bytes], must: Must = "sentence", file_name: str = "photo.heic"
    ) -> HostileFile:
        return HostileFile(_HEIC, name, must, content, file_name)

    yield heif("good", partial(good), "face")
    yield heif("transparent", partial(_transparent), "face")
    yield heif("grey", partial(_grey), "face")
    yield heif("10 bits", partial(_deep), "face")
    yield heif("all that is allowed, in 20 kB", partial(_flat, 7_000), "picture")
    for share in (0.01, 0.1, 0.3, 0.6, 0.9, 0.99):
        yield heif(f"breaks off at {share:.0%}", partial(_cut, share), "answer")
    for seed in range(_ALTERED):
        yield heif(f"altered bytes, {seed + 1}", partial(_altered, seed), "answer")
    for written in (b"Exif", b"hvc1"):
        yield heif(f"a type that ends libheif's process, for {written.decode()}", partial(_no_text, written))
    yield heif("says 64 x 64, holds 256 x 320", partial(_lying, 64, 64))
    yield heif("says 7,000 x 7,000, holds 256 x 320", partial(_lying, 7_000, 7_000))
    yield heif("says 30,000 x 30,000", partial(says, [(30_000, 30_000)]))
    phone = [(4032, 3024), *[_TILE] * 48]
    yield heif(
        "a phone's grid of tiles that are not there", partial(says, phone, [(b"dimg", 1, range(2, 50))])
    )
    yield heif(
        "a grid of 1,000 times one tile", partial(says, [_TILE, (4000, 4000)], [(b"dimg", 1, [2] * 1000)])
    )
    yield heif("a grid of 50,000 tiles", partial(says, [_TILE] * 2, [(b"dimg", 1, [2] * 50_000)]))
    deep = [(b"dimg", item, [item + 1] * 50) for item in (1, 2, 3)]
    yield heif("tiles of tiles of tiles", partial(says, [_TILE] * 4, deep))
    yield heif("tiles in a circle", partial(says, [_TILE] * 2, [(b"dimg", 1, [2]), (b"dimg", 2, [1])]))
    yield heif(
        "an alpha plane of 16,000 x 16,000", partial(says, [_TILE, (16_000, 16_000)], [(b"auxl", 2, [1])])
    )
    yield heif("5,000 items", partial(says, [_TILE] * 5000))
    yield heif("no size", partial(says, []))
    yield heif("no pixels", partial(says, [_TILE]))
    yield heif("another codec's name", partial(_renamed, b"hvc1", b"av01"))
    yield heif("AVIF in name only", partial(_renamed, b"heic", b"avif"))
    yield heif("AVIF", partial(_avif), file_name="photo.avif")
    yield heif("AVIF, 8,000 x 8,000 in 3 kB", partial(_avif, 8_000), file_name="photo.avif")


def _transparent() -> bytes:
    veil = np.full((*portrait().shape[:2], 1), 200, np.uint8)
    return heic(np.concatenate([portrait(), veil], axis=2), mode="BGRA")


def _grey() -> bytes:
    return heic(portrait()[:, :, 1], mode="L")


def _deep() -> bytes:
    return heic(portrait().astype(np.uint16) * 257, mode="BGR;16")


def _flat(side: int) -> bytes:
    return heic(np.full((side, side, 3), 90, np.uint8))


def _cut(share: float) -> bytes:
    return good()[: int(share * len(good()))]


def _altered(seed: int) -> bytes:
    """Among the boxes for the first half of the seeds, anywhere for the others."""
    file, chance = bytearray(good()), np.random.default_rng(seed)
    end = file.index(b"mdat") if seed < _ALTERED // 2 else len(file)
    for at in chance.integers(8, end, 5):
        file[at] = chance.integers(256)
    return bytes(file)


def _no_text(written: bytes) -> bytes:
    file = heic(portrait(), b"II*\0" + bytes(10))
    return file.replace(b"\0" + written + b"\0", b"\0\xff" + written[1:] + b"\0", 1)


def _lying(width: int, height: int) -> bytes:
    return good().replace(struct.pack(">II", 256, 320), struct.pack(">II", width, height))


def _renamed(name: bytes, other: bytes) -> bytes:
    return good().replace(name, other)


def _avif(side: int = 0) -> bytes:
    file, picture = BytesIO(), pillow()
    if side:
        picture = picture.resize((1, 1)).resize((side, side))
    picture.save(file, "AVIF", speed=10)
    return file.getvalue()
