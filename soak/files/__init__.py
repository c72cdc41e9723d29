"""Hostile files, each made in memory by code when it is asked for."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from soak.files import animated, foreign, heif, jpeg, noise, png, polyglot, upright, webp

if TYPE_CHECKING:
    from soak.files.hostile import HostileFile


def hostile_files() -> tuple[HostileFile, ...]:
    """All of them, the same ones each time; no bytes are made yet."""
    rooms = (png, animated, webp, jpeg, upright, heif, polyglot, foreign, noise)
    return tuple(chain.from_iterable(room.files() for room in rooms))
