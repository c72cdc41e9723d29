"""Which metrics the code counts, by its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

JOBS = ("Photo", "Album", "About", "Flood")
"""Kinds of job; the code puts an ending to them."""
ENDINGS = ("Answered", "Failed")


def code_counts(root: Path, service: str, name: str) -> bool:
    """Whether a function, or the package that it is thin over, counts a metric of that name."""
    package = root / "layers" / "shared" / "emotion_bot"
    files = [root / "functions" / service / "app.py", *package.glob("*.py")]
    code = "".join(file.read_text() for file in files)
    for ending in ENDINGS:
        if name in [f"{job}{ending}" for job in JOBS]:
            return f".title()}}{ending}" in code
    return f'"{name}"' in code
