"""What Telegram remembers: the bot, its people and chats, messages, files, commands, pending updates."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from threading import Condition
from typing import TYPE_CHECKING, Any

from playground.telegram.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playground.telegram.photos import Size

Json = dict[str, Any]

UPDATE_LIFETIME = 24 * 3600
"""Seconds that an update waits to be taken (https://core.telegram.org/bots/api#getting-updates)."""


@dataclass(frozen=True)
class File:
    """A file that Telegram keeps."""

    content: bytes
    file_id: str
    file_unique_id: str
    path: str

    def described(self) -> Json:
        """The fields that every description of a file has."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.file_unique_id,
            "file_size": len(self.content),
        }


@dataclass(frozen=True)
class Webhook:
    """What `setWebhook` set."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    allowed_updates: tuple[str, ...] = ()


@dataclass(frozen=True)
class PendingUpdate:
    """An update on its way to the bot."""

    chat_id: int
    body: Json
    expires: float


@dataclass
class Profile:
    """What the bot's owner, or the bot, wrote about it; by language, "" for every other."""

    commands: dict[str, list[Json]] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    short_description: dict[str, str] = field(default_factory=dict)


class Telegram:
    """Telegram with one bot. Every part of the emulator reads and changes it under `changed`.

    Args:
        token: the bot's; what stands before the colon is its id.
        clock: tests pass a faster one.
    """

    def __init__(self, token: str, clock: Clock | None = None) -> None:
        self.token = token
        self.clock = clock or Clock()
        self.bot: Json = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Emotion Recognition Bot",
            "username": "emotion_playground_bot",
        }
        self.changed = Condition()
        """The lock of everything here; notified at each change."""
        self.chats: dict[int, Json] = {}
        self.messages: dict[tuple[int, int], Json] = {}
        """By chat and message id, in the order of sending."""
        self.events: list[Json] = []
        """What a chat's window shows as it happens: a `message`, or an `action`, `chat_id` and `date`."""
        self.files: dict[str, File] = {}
        """By file id."""
        self.pending: deque[PendingUpdate] = deque()
        self.profile = Profile()
        self.webhook: Webhook | None = None
        self.last_error: Json = {}
        self.on_update: Callable[[], None] = lambda: None
        """Called when an update waits, or a webhook is set."""
        self._next_message = 1
        self._next_update = 100_000 + secrets.randbelow(900_000_000)

    def keep_file(self, content: bytes, name: str, kind: str) -> File:
        """Take a file in; `kind` is the folder of its path, such as "photos"."""
        digest = hashlib.sha256(content).digest()
        with self._change():
            suffix = PurePath(name).suffix
            file = File(
                content,
                file_id=_id(
                    "AgACAgIAAxkBAAI" if kind == "photos" else "BQACAgIAAxkBAAI", secrets.token_bytes(39)
                ),
                file_unique_id=_id("AQAD" if kind == "photos" else "AgAD", digest[:9]),
                path=f"{kind}/file_{len(self.files)}{suffix}",
            )
            self.files[file.file_id] = file
        return file

    def keep_photo(self, sizes: Sequence[Size]) -> list[Json]:
        """Take a photo in: a message's `photo` field."""
        return [
            self.keep_file(size.jpeg, ".jpg", "photos").described()
            | {"width": size.width, "height": size.height}
            for size in sizes
        ]

    def add_message(self, chat_id: int, sender: Json, content: Json) -> Json:
        """Put a message into a chat: the Message as the Bot API shows it."""
        with self._change():
            message = {
                "message_id": self._next_message,
                "from": sender,
                "chat": self.chats[chat_id],
                "date": int(self.clock.now()),
                **content,
            }
            self._next_message += 1
            self.messages[chat_id, message["message_id"]] = message
            self.events.append({"message": message})
        return message

    def show_action(self, chat_id: int, action: str) -> None:
        """Let a chat's window show "sending photo…" and the like."""
        with self._change():
            self.events.append({"action": action, "chat_id": chat_id, "date": int(self.clock.now())})

    def add_update(self, chat_id: int, content: Json) -> Json:
        """Queue an update, such as `{"message": …}`, for the bot: the Update, with its id."""
        with self._change():
            body = {"update_id": self._next_update, **content}
            self._next_update += 1
        self.send_update(chat_id, body)
        return body

    def send_update(self, chat_id: int, body: Json) -> None:
        """Queue an update as it is; the same one can come again."""
        with self._change():
            allowed = self.webhook.allowed_updates if self.webhook else ()
            if not allowed or not set(body).isdisjoint(allowed):
                self.pending.append(PendingUpdate(chat_id, body, self.clock.now() + UPDATE_LIFETIME))
        self.on_update()

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self.changed:
            yield
            self.changed.notify_all()


def _id(prefix: str, content: bytes) -> str:
    return prefix + base64.urlsafe_b64encode(content).decode().rstrip("=")
