"""What the function's packages, our code included, take up above the base image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.image import build

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.turns import Figures

LARGEST = 5


def measure(engines: Iterable[str]) -> dict[str, Figures]:
    """By engine: bytes in all, and of the largest of what lies in the folder.

    Raises:
        BuildFailed: the packages cannot be installed.
    """
    return {engine: weigh(build(engine)) for engine in engines}


def weigh(folder: Path) -> Figures:
    """Bytes of all files, and of the largest entries. A file counts as long as it is, whatever its blocks."""
    entries = {
        entry.name: sum(file.lstat().st_size for file in (entry, *entry.rglob("*")) if not file.is_dir())
        for entry in folder.iterdir()
    }
    largest = sorted(entries, key=lambda name: -entries[name])[:LARGEST]
    return {"bytes": sum(entries.values()), "largest": {name: entries[name] for name in largest}}
