"""How large a HEIF picture is, and how much is unpacked for it: the boxes of its file (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Of files with pictures that are coded as HEVC, or may be."""
_MOST_BOXES = 2**12
"""In one box, and parts in all. A phone's photo of 48 megapixels is a grid of 200 tiles."""
_DEEPEST = 4
"""Parts of parts: a phone's photo has an alpha plane, or a map of depth, that is a grid of tiles."""


@dataclass(slots=True)
class Pictures:
    """What a file holds, by its items' numbers."""

    primary: int = -1
    sizes: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Width and height."""
    parts: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Of an item, those that are unpacked for it: a grid's tiles, an overlay's layers, an alpha plane."""

    def pixels(self, item: int) -> int:
        """That may have to be unpacked for an item: its own and those of its parts, as often as one is named.

        Raises:
            ValueError: it is made of parts that are made of parts, and so on, as no photo is.
            KeyError: one has no size.
        """
        return self._pixels(item, {}, 0)

    def _pixels(self, item: int, known: dict[int, int], depth: int) -> int:
        if depth > _DEEPEST:
            raise ValueError("parts of parts of parts")
        if item not in known:
            width, height = self.sizes[item]
            parts = self.parts.get(item, ())
            known[item] = width * height + sum(self._pixels(part, known, depth + 1) for part in parts)
        return known[item]


def is_heif(file: bytes) -> bool:
    """Whether its file type box says so."""
    return file[4:8] == b"ftyp" and file[8:12] in _BRANDS


def read_pictures(file: bytes) -> Pictures:
    """The pictures of a HEIF file.

    Raises:
        struct.error, ValueError: it is no such file, or a broken one.
    """
    pictures = Pictures()
    properties: list[tuple[int, int] | None] = []
    owners: list[tuple[int, int]] = []
    for kind, start, end in _boxes(file, *_content(file, b"meta")):
        version = file[start]
        if kind == b"pitm":
            (pictures.primary,) = struct.unpack_from(">H" if version == 0 else ">I", file, start + 4)
        elif kind == b"iref":
            for whole, part in _parts(file, start + 4, end, ">H" if version == 0 else ">I"):
                pictures.parts[whole].append(part)
        elif kind == b"iprp":
            for name, first, last in _boxes(file, start, end):
                if name == b"ipco" and not properties:
                    properties = [_size(file, *box) for box in _boxes(file, first, last)]
                elif name == b"ipma":
                    owners += _associations(file, first)
    for item, number in owners:
        # Counted from 1; 0 is none.
        size = properties[number - 1] if 0 < number <= len(properties) else None
        if size is not None:
            pictures.sizes[item] = size
    return pictures


def _boxes(file: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box that lies between (ISO/IEC 14496-12, 4.2)."""
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", file, start)
        first = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", file, first)
            first += 8
        last = end if size == 0 else start + size
        if not first <= last <= end:
            raise ValueError("a box that ends outside of its own")
        yield kind, first, last
        start = last
    raise ValueError("more boxes than a photo has")


def _content(file: bytes, wanted: bytes) -> tuple[int, int]:
    """Where the content of the file's first such box lies, after its version and flags."""
    for kind, start, end in _boxes(file, 0, len(file)):
        if kind == wanted:
            return start + 4, end
    raise ValueError("no such box")


def _size(file: bytes, kind: bytes, start: int, _: int) -> tuple[int, int] | None:
    """What a property says of the size; None where it says something else."""
    return struct.unpack_from(">II", file, start + 4) if kind == b"ispe" else None


def _parts(file: bytes, start: int, end: int, number: str) -> Iterator[tuple[int, int]]:
    """Items, and what is unpacked for them."""
    left = _MOST_BOXES
    for kind, first, _ in _boxes(file, start, end):
        (item,) = struct.unpack_from(number, file, first)
        at = first + struct.calcsize(number)
        (count,) = struct.unpack_from(">H", file, at)
        left -= count
        if left < 0:
            raise ValueError("more parts than a photo has")
        others = struct.unpack_from(f">{count}{number[1]}", file, at + 2)
        if kind == b"dimg":
            yield from ((item, other) for other in others)
        elif kind == b"auxl":
            yield from ((other, item) for other in others)


def _associations(file: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Items, and the numbers of their properties."""
    version, flags, entries = struct.unpack_from(">BxxBI", file, start)
    at, item, width = start + 8, ">H" if version == 0 else ">I", 2 if flags & 1 else 1
    if entries > _MOST_BOXES:
        raise ValueError("more items than a photo has")
    for _ in range(entries):
        (owner,) = struct.unpack_from(item, file, at)
        at += struct.calcsize(item) + 1
        for _ in range(file[at - 1]):
            # The highest bit says whether a reader must know the property.
            yield owner, int.from_bytes(file[at : at + width]) & (0x7FFF if width == 2 else 0x7F)
            at += width
