"""What is known of one update on its way to its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from playground.telegram.emulator import Json

STAGES: Final = ("webhook", "queue", "remember", "download", "wait", "recognise", "send")
"""In the order of the path. The webhook's answer is on its way to Telegram while the queue has the job."""


@dataclass
class Trace:
    """One update, or the updates of one album."""

    update_id: int
    message_id: int
    what: str
    started: float
    answers_to: int = 0
    """The message that the answer replies to, where that is another: the photo that /emotion was said to."""
    state: Literal["delivering", "queued", "working", "done", "failed"] = "delivering"
    stages: dict[str, float] = field(default_factory=dict)
    total: float | None = None
    deliveries: int = 0
    """How often the webhook was given the (first) update."""
    receives: int = 0
    """How often the recognizer was given the job."""
    note: str = ""
    reason: str = ""
    """Why the last attempt failed."""
    queued_at: float = 0
    engine: str | None = None
    model: str | None = None
    updates: list[Json] = field(default_factory=list)
    is_readable: bool = True
    """Whether at least one photo of it could be read."""
    faces: dict[int, list[Json]] = field(default_factory=dict)
    """By the message that holds the photo."""
    crops: dict[tuple[int, int], bytes] = field(default_factory=dict)
    """PNGs by message and number."""

    @property
    def json(self) -> Json:
        """As the page reads it."""
        return {
            "update_id": self.update_id,
            "message_id": self.message_id,
            "what": self.what,
            "stages": [
                {"name": name, "milliseconds": round(self.stages[name], 1)}
                for name in STAGES
                if name in self.stages
            ],
            "total": None if self.total is None else round(self.total, 1),
            "state": self.state,
            "attempts": max(self.deliveries, self.receives),
            "note": self.note,
            "engine": self.engine,
            "model": self.model,
            "is_readable": self.is_readable,
            "photos": [
                {"message_id": message_id, "faces": faces} for message_id, faces in self.faces.items()
            ],
        }

    def add(self, stage: str, milliseconds: float) -> None:
        """Let a stage take so much longer."""
        self.stages[stage] = self.stages.get(stage, 0) + milliseconds

    def elapsed(self) -> float:
        """Milliseconds since the update was sent."""
        return 1000 * (time.perf_counter() - self.started)
