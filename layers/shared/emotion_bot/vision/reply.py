"""What the process that looks at photos may answer; it may be taken over, so all else is refused."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from emotion_bot.manifest import LABELS
from emotion_bot.vision.face import Face

LONGEST_TEXT: Final = 8192
"""Characters that are kept of a traceback."""
MOST_FACES: Final = 1000
"""Far more than are answered of any photo."""


class Reply(BaseModel):
    """The JSON object of an answer; the picture that was asked for comes beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    outcome: Literal["done", "unreadable", "too large", "out of memory", "failed"]
    faces: Annotated[tuple[Face, ...], Field(max_length=MOST_FACES)] = ()
    more: int = Field(default=0, ge=0)
    text: str = Field(default="", max_length=LONGEST_TEXT)
    """What is wrong with a photo that is too large, or where it is that something failed."""

    @field_validator("faces")
    @classmethod
    def _are_probabilities(cls, faces: tuple[Face, ...]) -> tuple[Face, ...]:
        for face in faces:
            probabilities = (face.confidence, *face.scores.values())
            if tuple(face.scores) != LABELS or not all(0 <= each <= 1 for each in probabilities):
                raise ValueError("no probabilities of the labels")
        return faces
