"""PhotoJob: the message that the webhook queues and the recognizer works off."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=-(2**63), lt=2**63)]
FileId = Annotated[str, Field(pattern=r"^[!-~]{1,512}$")]


class Origin(BaseModel):
    """Where a message came from and its answer goes to. Ids only: no names, no texts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    update_id: Id
    """Telegram's id of the update; the same one can come again for 24 hours."""
    chat_id: Id
    message_id: Id
    """The message that the answer replies to."""
    thread_id: Id | None = None
    """The topic of a forum, where the message stands in one."""
    language: str
    """One of `chat.texts.LANGUAGES`: what the answer is written in."""

    @property
    def private(self) -> bool:
        """A chat with one person; groups have negative ids (https://core.telegram.org/api/bots/ids)."""
        return self.chat_id > 0


class PhotoJob(Origin):
    """One photo to answer.

    Example:
        >>> ids = {"update_id": 1, "chat_id": 2, "message_id": 3, "file_id": "A", "file_unique_id": "B"}
        >>> job = PhotoJob(language="en", **ids)
        >>> PhotoJob.model_validate_json(job.model_dump_json()) == job
        True
    """

    version: Literal[1] = 1
    file_id: FileId
    file_unique_id: FileId
    file_size: Id | None = None
    """Bytes, where Telegram says so."""
