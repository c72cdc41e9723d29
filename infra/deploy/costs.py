"""What a deployed bot costs: a line of docs/costs.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.deploy.environment import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = ROOT / "docs" / "costs.md"
_PHOTOS: Final = "1,000 photos, warm"
_IDLE: Final = "idle month"
"""Columns of its first table."""


def sentence(engine: str, architecture: str, page: Path = PAGE) -> str:
    """For a thousand photos, and for a month in which nobody writes, where the page has such a bot."""
    lines = [line for line in page.read_text("utf-8").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    heads = next((row for row in rows if _PHOTOS in row), [])
    found = next((row for row in rows if row[0] == f"`{engine}`, {architecture}"), [])
    bot = dict(zip(heads, found, strict=False))  # there may be no such row
    if not bot.get(_IDLE, "").startswith("$"):
        return "docs/costs.md says what it costs."
    return (
        f"It costs about {bot[_PHOTOS]} for 1,000 photos, and {bot[_IDLE]} in a month in which nobody writes "
        "(before the free tier; docs/costs.md)."
    )
