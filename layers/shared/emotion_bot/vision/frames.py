"""What passes between `apart` and its process: a JSON object, and bytes as they are; nothing that is run."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LENGTHS: Final = struct.Struct(">II")
"""What a frame begins with: how many bytes its JSON has, and how many come after that."""


def head(said: Mapping[str, object], size: int) -> bytes:
    """The beginning of a frame, until its `size` bytes."""
    text = json.dumps(said).encode()
    return LENGTHS.pack(len(text), size) + text
