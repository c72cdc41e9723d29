"""What an experiment comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """Whether an experiment shows what it must, and the figures by which it does; these can be JSON."""

    shown: bool
    """Whatever the machine."""
    figures: Figures
    in_time: bool = True
    """Whether nothing took longer than it may, which a busy machine can spoil."""
