"""The environment of the processes that unpack photos: what takes one over finds no keys there."""

from __future__ import annotations

import os
import sys
from typing import Final

_KEPT: Final = ("LD_LIBRARY_PATH",)
"""Without it the Python of Lambda's images, in /var/lang, does not find its own library."""
_THREADS: Final = {"OPENBLAS_NUM_THREADS": "1"}
"""NumPy's threads take 60 ms of each start, and nothing here is large enough for them."""


def bare() -> dict[str, str]:
    """An environment that says where Python and its packages lie, no more: no keys."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    return kept | _THREADS | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
