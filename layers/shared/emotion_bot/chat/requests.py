"""What an update can ask for."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

from emotion_bot.jobs import Origin

if TYPE_CHECKING:
    from emotion_bot.chat.buttons import Button
    from emotion_bot.chat.texts import Command
    from emotion_bot.jobs import AlbumItem, AlbumJob, PhotoJob


@dataclass(frozen=True)
class _Asked:
    """Something to answer."""

    sent: int = field(default=0, kw_only=True, compare=False)
    """When Telegram got the message, in seconds since 1970; 0 for a pressed button."""

    def spoken(self, language: str) -> Self:
        """The same, to be answered in another language."""
        changed: dict[str, Any] = {}
        for part in fields(self):
            match getattr(self, part.name):
                case Origin() as origin:
                    changed[part.name] = origin.model_copy(update={"language": language})
                case _Asked() as asked:
                    changed[part.name] = asked.spoken(language)
        return replace(self, **changed)


@dataclass(frozen=True)
class PhotoRequest(_Asked):
    """Answer this photo."""

    job: PhotoJob

    @property
    def origin(self) -> Origin:
        """Where the answer goes."""
        return self.job


@dataclass(frozen=True)
class OversizedPhoto(_Asked):
    """A photo that Telegram does not let bots fetch."""

    origin: Origin


@dataclass(frozen=True)
class CommandRequest(_Asked):
    """Answer this command; None is one that the bot does not know."""

    name: Command | None
    origin: Origin


@dataclass(frozen=True)
class Unsupported(_Asked):
    """Something else that a person sent."""

    kind: str
    """The name of its field in the Bot API, `animated_sticker`, `video_sticker`, or "unknown"."""
    origin: Origin


@dataclass(frozen=True)
class AlbumRequest(_Asked):
    """One item of an album, which is answered as a whole."""

    job: AlbumJob
    item: AlbumItem
    alone: PhotoRequest | OversizedPhoto | Unsupported
    """The item as it would be answered by itself: where it comes after the album was."""

    @property
    def origin(self) -> Origin:
        """Where the answer goes."""
        return self.job


@dataclass(frozen=True)
class Press(_Asked):
    """A pressed button; one of None is not the bot's."""

    callback_query_id: str
    button: Button | None
    origin: Origin
    """The message that the button is under, and the language of whoever pressed it."""


@dataclass(frozen=True)
class Ignored:
    """Nothing to answer."""

    reason: str


Asked = PhotoRequest | OversizedPhoto | CommandRequest | Unsupported | AlbumRequest | Press
Request = Asked | Ignored
