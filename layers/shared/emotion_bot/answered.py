"""What an answer found, and what it took: for the log and the metrics."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Stage = Literal["remember", "download", "wait", "recognise", "send"]


@dataclass(frozen=True, slots=True)
class Look:
    """A photo that a model looked at; its pixels are gone."""

    model: str
    """Its version."""
    faces: int
    unsure: int
    """Of these, how many are hard to tell."""
    milliseconds: int


@dataclass
class Answered:
    """What an answer found, and what it took."""

    faces: int | None = None
    """None where there was no picture that can be read."""
    looks: list[Look] = field(default_factory=list)
    """One for each photo that could be read."""
    lost: Sequence[BaseException] = ()
    """Why photos of an album are not in its answer though they might have been."""
    milliseconds: dict[Stage, int] = field(default_factory=dict)
    """By stage, one after the other; `wait` is for another photo's recognition to end."""

    @property
    def photos(self) -> int:
        """How many could be read."""
        return len(self.looks)

    @property
    def model(self) -> str | None:
        """Which version looked at the first photo; None where none could be read."""
        return self.looks[0].model if self.looks else None

    def note(self, stage: Stage, seconds: float) -> None:
        """Note how long a stage took."""
        self.milliseconds[stage] = round(1000 * seconds)

    @contextmanager
    def timed(self, stage: Stage) -> Iterator[None]:
        """Note how long a stage takes."""
        start = perf_counter()
        try:
            yield
        finally:
            self.note(stage, perf_counter() - start)
