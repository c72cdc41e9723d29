"""Run in a container of an image: forgets, or tells, what of its files the machine holds in memory.

`forget` drops them from the page cache. `tell` prints of each file its path, its length, and which of its
pages of 4 KiB are there. The page cache is one for all containers of the same layers.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import mmap
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("/usr", "/var/lang", "/var/runtime", "/var/task")
PAGE = mmap.PAGESIZE
LIBC = ctypes.CDLL(None, use_errno=True)


def files() -> Iterator[Path]:
    """In the order of their paths."""
    for root in FOLDERS:
        for folder, below, names in os.walk(root):
            below.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_file() and not path.is_symlink():
                    yield path


def forget(path: Path) -> None:
    """Drop a file; what is in use just now stays."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def pages(path: Path) -> list[int]:
    """The numbers of a file's pages that are in memory: mincore(2)."""
    length = path.stat().st_size
    if not length:
        return []
    found = (ctypes.c_ubyte * -(-length // PAGE))()
    with path.open("rb") as file, mmap.mmap(file.fileno(), length, flags=mmap.MAP_PRIVATE) as mapped:
        start = ctypes.byref(ctypes.c_char.from_buffer(mapped))
        if LIBC.mincore(start, ctypes.c_size_t(length), found):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
        del start
    return [number for number, page in enumerate(found) if page & 1]


def main(do: str) -> None:
    """See above."""
    for path in files():
        with contextlib.suppress(PermissionError):
            if do == "forget":
                forget(path)
            else:
                print(json.dumps([str(path), path.stat().st_size, pages(path)]))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
