"""Takes FFmpeg and OpenBLAS out of OpenCV, 74 MB that no photo needs: `python unlink.py PACKAGES`.

OpenCV's wheel is linked against both: FFmpeg reads videos, OpenBLAS solves large systems of equations. Were
they just deleted, `import cv2` would fail. So they are struck off the list of what `cv2` loads, and the
functions that they bring become weak symbols, which the dynamic linker leaves at null if nobody brings them.
Every edit keeps its place and its length: nothing in the file moves.

What needs them nevertheless, such as `cv2.VideoCapture`, crashes from then on. Therefore
tests/infrastructure/test_install.py calls every function of OpenCV that vision names on a library so treated.

The format: System V ABI, "Object Files"; Linux Standard Base, "Symbol Versioning".
"""

from __future__ import annotations

import mmap
import struct
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

UNUSED: Final = ("libavcodec-", "libavformat-", "libavutil-", "libopenblasp-", "libswscale-")
"""How the names begin of what `cv2` shall no longer load; what only these load goes with them."""

_DYNAMIC, _SYMBOLS, _VERSIONS_NEEDED, _VERSIONS = 6, 11, 0x6FFFFFFE, 0x6FFFFFFF
"""Types of sections: SHT_DYNAMIC, SHT_DYNSYM, SHT_GNU_verneed, SHT_GNU_versym."""
_NEEDED, _WEAK, _UNVERSIONED = 1, 2, 1
"""DT_NEEDED, STB_WEAK, VER_NDX_GLOBAL."""


class UnknownLayout(ValueError):
    """This is not how OpenCV's wheel was laid out when this was written."""


class Section(NamedTuple):
    """Where a section's header stands, its type, where it lies, and the number of that with its strings."""

    header: int
    kind: int
    start: int
    size: int
    strings: int


class Library:
    """What a shared library loads and takes from there, changed in the file itself."""

    def __init__(self, path: Path, access: int = mmap.ACCESS_READ) -> None:
        with path.open("rb" if access == mmap.ACCESS_READ else "r+b") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=access)
        if self._data[:6] != b"\x7fELF\x02\x01":
            raise UnknownLayout(f"{path.name} is no library for a 64-bit little-endian Linux.")
        (table,) = struct.unpack_from("<Q", self._data, 40)
        size, count = struct.unpack_from("<HH", self._data, 58)
        headers = range(table, table + size * count, size)
        self._sections = [Section(at, *struct.unpack_from("<4xI16xQQI", self._data, at)) for at in headers]

    def needed(self) -> list[str]:
        """The libraries that are loaded with this one."""
        return [name for _, _, name in self._dynamic() if name]

    def exported(self) -> set[str]:
        """The functions and variables that it brings."""
        return {name for _, name, is_defined in self._symbols() if is_defined}

    def unlink(self, libraries: Collection[str], brought: Collection[str]) -> None:
        """No longer load `libraries`, nor miss what they `brought`."""
        versions = self._drop_versions(libraries) | {_UNVERSIONED}
        start = self._find(_VERSIONS).start
        for number, (symbol, name, is_defined) in enumerate(self._symbols()):
            version = start + 2 * number
            if not is_defined and name in brought and self._number(version) in versions:
                self._data[symbol + 4] = _WEAK << 4 | self._data[symbol + 4] & 0xF
                struct.pack_into("<H", self._data, version, _UNVERSIONED)
        kept = [
            struct.pack("<QQ", tag, value) for tag, value, name in self._dynamic() if name not in libraries
        ]
        _, _, start, size, _ = self._find(_DYNAMIC)
        self._data[start : start + size] = b"".join(kept).ljust(size, b"\0")

    def _drop_versions(self, libraries: Collection[str]) -> set[int]:
        """Take `libraries` out of the chain of what is checked; the numbers of their versions."""
        section = self._find(_VERSIONS_NEEDED)
        chain, at, following = [], section.start, True
        while following:
            count, name, first, following = struct.unpack_from("<2xHIII", self._data, at)
            # The versions of one library, 16 bytes each, follow one another.
            versions = {self._number(at + first + 16 * i + 6) for i in range(count)}
            chain.append((at, versions, self._string(section, name) in libraries))
            at += following
        kept = [at for at, _, is_dropped in chain if not is_dropped]
        if kept[:1] != [section.start]:
            raise UnknownLayout("The first library whose versions are checked is one to drop.")
        for at, following_at in pairwise([*kept, kept[-1]]):
            struct.pack_into("<I", self._data, at + 12, max(0, following_at - at))
        struct.pack_into("<I", self._data, section.header + 44, len(kept))
        return set[int]().union(*(versions for _, versions, is_dropped in chain if is_dropped))

    def _find(self, kind: int) -> Section:
        for section in self._sections:
            if section.kind == kind:
                return section
        raise UnknownLayout(f"There is no section of type {kind:#x}.")

    def _string(self, section: Section, offset: int) -> str:
        start = self._sections[section.strings].start + offset
        return self._data[start : self._data.find(b"\0", start)].decode()

    def _number(self, at: int) -> int:
        return int.from_bytes(self._data[at : at + 2], "little")

    def _dynamic(self) -> Iterator[tuple[int, int, str]]:
        """The dynamic section's tags and values, and the library that is named, where one is."""
        section = self._find(_DYNAMIC)
        for at in range(section.start, section.start + section.size, 16):
            tag, value = struct.unpack_from("<QQ", self._data, at)
            yield tag, value, self._string(section, value) if tag == _NEEDED else ""

    def _symbols(self) -> Iterator[tuple[int, str, bool]]:
        """Of each symbol: where it stands in the file, its name, and whether it is defined here."""
        section = self._find(_SYMBOLS)
        for at in range(section.start, section.start + section.size, 24):
            name, defined_in = struct.unpack_from("<I2xH", self._data, at)
            yield at, self._string(section, name), defined_in != 0


def main(packages: Path) -> None:
    """Unlink `cv2` of `packages`, and remove what it no longer loads."""
    (path,) = (packages / "cv2").glob("*.so")
    bundled = {file.name: Library(file) for file in (packages / "opencv_python_headless.libs").glob("*.so*")}
    unused = {name: library for name, library in bundled.items() if name.startswith(UNUSED)}
    if len(unused) != len(UNUSED):
        raise UnknownLayout(f"OpenCV brings {', '.join(sorted(unused))}, where {len(UNUSED)} were expected.")
    opencv = Library(path, mmap.ACCESS_WRITE)
    opencv.unlink(unused.keys(), set[str]().union(*(library.exported() for library in unused.values())))
    loaded = [name for name in opencv.needed() if name in bundled]
    for name in loaded:
        loaded += [each for each in bundled[name].needed() if each in bundled and each not in loaded]
    for name in bundled.keys() - set(loaded):
        (packages / "opencv_python_headless.libs" / name).unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
