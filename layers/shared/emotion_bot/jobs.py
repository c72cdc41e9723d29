"""The messages that the webhook queues and the recognizer works off: ids and a language, nothing else."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter

Id = Annotated[int, Field(ge=-(2**63), lt=2**63)]
FileId = Annotated[str, Field(pattern=r"^[!-~]{1,512}$")]
Refusal = Literal["oversized", "unreadable", "too_many_pixels", "unsupported", "unavailable"]
"""Why something that a person sent is not looked at; the last is what Telegram did not hand out."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Origin(_Message):
    """Where a message came from and its answer goes to. Ids only: no names, no texts."""

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
        >>> read_job(job.model_dump_json()) == job
        True
    """

    kind: Literal["photo"] = "photo"
    version: Literal[1] = 1
    file_id: FileId
    file_unique_id: FileId
    file_size: Id | None = None
    """Bytes, where Telegram says so."""


class AlbumItem(_Message):
    """One message of an album: a file to look at, or why it is not looked at."""

    message_id: Id
    file_id: FileId | None = None
    refusal: Refusal | None = None


class AlbumJob(Origin):
    """An album to answer as one. Its items are in the bot's records by then; the job is the first one's."""

    kind: Literal["album"] = "album"
    version: Literal[1] = 1
    album_id: FileId
    """Telegram's `media_group_id`."""


class AboutJob(Origin):
    """Someone asks about the model; only the recognizer knows which one answers."""

    kind: Literal["about"] = "about"
    version: Literal[1] = 1


class FloodJob(Origin):
    """Someone sends more than a chat may, and is to be told so; the recognizer can wait for its turn."""

    kind: Literal["flood"] = "flood"
    version: Literal[1] = 1


Job = PhotoJob | AlbumJob | AboutJob | FloodJob


def _kind(job: Any) -> str:  # noqa: ANN401 - anything that JSON holds
    """Of a job; one that was queued before there were several is a photo's."""
    kind = job.get("kind", "photo") if isinstance(job, dict) else getattr(job, "kind", None)
    return str(kind)


_JOB: Final[TypeAdapter[Job]] = TypeAdapter(
    Annotated[
        Annotated[PhotoJob, Tag("photo")]
        | Annotated[AlbumJob, Tag("album")]
        | Annotated[AboutJob, Tag("about")]
        | Annotated[FloodJob, Tag("flood")],
        Discriminator(_kind),
    ]
)


def read_job(body: str | bytes) -> Job:
    """The job that a message of the queue holds.

    Raises:
        pydantic.ValidationError: none of these versions.
    """
    return _JOB.validate_json(body)
