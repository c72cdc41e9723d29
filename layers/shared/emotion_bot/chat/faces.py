"""What the chat says something about: faces as words need them, without a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class SeenFace:
    """How a face looks."""

    candidates: Sequence[str]
    """What it looks like; the two emotions between which it is hard to tell; none where it is too small."""
    scores: Mapping[str, float]
    """Probability of each emotion; they sum to 1."""
    size: tuple[int, int]
    """Width and height in pixels of the photo that was sent."""
