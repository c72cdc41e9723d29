"""What Telegram remembers: the bot, its people and chats, messages, files, commands, pending updates."""

from __future__ import annotations

import base64
import hashlib
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from threading import Condition
from typing import TYPE_CHECKING, Any

from playground.telegram.clock import Clock
from playground.telegram.limits import Limits
from playground.telegram.pending import Pending, PendingUpdate
from playground.telegram.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playground.telegram.observer import Observer
    from playground.telegram.photos import Size

Json = dict[str, Any]

UPDATE_LIFETIME = 24 * 3600
"""Seconds that an update waits to be taken (https://core.telegram.org/bots/api#getting-updates)."""
QUERY_LIFETIME = 150
"""Seconds that a callback query does (`add_update_impl` of github.com/tdlib/telegram-bot-api, Client.cpp)."""
_QUERY_QUEUE = 3 << 33
"""Added to the id of the person who pressed: these updates do not wait for a chat's messages (Client.cpp)."""


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


@dataclass
class CallbackQuery:
    """A pressed button that waits for its answer."""

    chat_id: int
    message_id: int
    expires: float
    answer: Json | None = None
    """`text` and `show_alert`, once it came."""


@dataclass
class Profile:
    """What the bot's owner, or the bot, wrote about it; by language, "" for every other."""

    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    """By scope, such as "default" or "all_private_chats", and language."""
    description: dict[str, str] = field(default_factory=dict)
    short_description: dict[str, str] = field(default_factory=dict)

    def commands_in(self, chat: Json, language: str) -> list[Json]:
        """What a person sees in a chat: https://core.telegram.org/bots/api#determining-list-of-commands"""
        of_all = "all_private_chats" if chat["type"] == "private" else "all_group_chats"
        for scope in (of_all, "default"):
            for code in (language, ""):
                if commands := self.commands.get((scope, code)):
                    return commands
        return []


class Telegram:
    """Telegram with one bot. Every part of the emulator reads and changes it under `changed`.

    Args:
        token: the bot's; what stands before the colon is its id.
        clock: tests pass a faster one.
        limits: whether the bot may send only so much.
    """

    def __init__(self, token: str, clock: Clock | None = None, *, limits: bool = True) -> None:
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
        self.closed_chats: dict[int, str] = {}
        """Why the bot may not write into a chat, in Telegram's words."""
        self.events: list[Json] = []
        """What a chat's window shows as it happens: a `message`, an `action`, or an `alert`."""
        self.queries: dict[str, CallbackQuery] = {}
        """By callback query id."""
        self.files: dict[str, File] = {}
        """By file id."""
        self.by_path: dict[str, File] = {}
        """The same, by the path of their download."""
        self.pending = Pending()
        self.profile = Profile()
        self.webhook: Webhook | None = None
        self.allowed_updates: tuple[str, ...] = ()
        """What kinds the bot asked for, by `setWebhook` or `getUpdates`; all where it named none."""
        self.limits = Limits(self.clock, limits)
        self.trouble = Trouble(self.clock)
        self.observers: list[Observer] = []
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
            self.files[file.file_id] = self.by_path[file.path] = file
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
            self._show({"message": message})
        return message

    def show_action(self, chat_id: int, action: str) -> None:
        """Let a chat's window show "sending photo…" and the like."""
        with self._change():
            self._show({"action": action, "chat_id": chat_id, "date": int(self.clock.now())})

    def new_update(self, content: Json) -> Json:
        """An Update, with its id, of a content such as `{"message": …}`; nobody is told of it yet."""
        with self._change():
            self._next_update += 1
            return {"update_id": self._next_update, **content}

    def add_update(self, chat_id: int, content: Json) -> Json:
        """Queue an update for the bot: the Update."""
        update = self.new_update(content)
        self.send_update(chat_id, update)
        return update

    def add_callback_query(self, sender: Json, message: Json, data: str) -> Json:
        """Queue the update of a pressed button."""
        chat_id, expires = message["chat"]["id"], self.clock.now() + QUERY_LIFETIME
        query_id = str(secrets.randbits(63))
        with self._change():
            self.queries[query_id] = CallbackQuery(chat_id, message["message_id"], expires)
        instance = int.from_bytes(hashlib.sha256(f"{chat_id}".encode()).digest()[:8], signed=True)
        content = {"id": query_id, "from": sender, "message": message, "data": data}
        update = self.new_update({"callback_query": content | {"chat_instance": str(instance)}})
        self.send_update(_QUERY_QUEUE + sender["id"], update, QUERY_LIFETIME)
        return update

    def answer_query(self, query_id: str, text: str, *, show_alert: bool) -> bool:
        """Show the person who pressed a button an answer; whether the query was still waiting for one."""
        with self._change():
            query = self.queries.get(query_id)
            if query is None or query.answer is not None or query.expires < self.clock.now():
                return False
            query.answer = {"text": text, "show_alert": show_alert}
            alert = query.answer | {"message_id": query.message_id}
            self._show({"alert": alert, "chat_id": query.chat_id})
        return True

    def send_update(self, queue: int, update: Json, lifetime: float = UPDATE_LIFETIME) -> None:
        """Queue an update as it is; the same one can come again."""
        with self._change():
            if not self.allowed_updates or not set(update).isdisjoint(self.allowed_updates):
                self.pending.append(PendingUpdate(queue, update, self.clock.now() + lifetime))
                for observer in self.observers:
                    observer.update_waits(update)
        self.on_update()

    def _show(self, event: Json) -> None:
        self.events.append(event)
        for observer in self.observers:
            observer.event(event)

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self.changed:
            yield
            self.changed.notify_all()


def _id(prefix: str, content: bytes) -> str:
    return prefix + base64.urlsafe_b64encode(content).decode().rstrip("=")
