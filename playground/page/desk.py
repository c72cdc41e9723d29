"""Everything behind the page: one person's chat, what happened to each update, the engines and the faults."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from emotion_bot.telemetry import logger
from playground.engines import Busy, Engines, NotInstalled
from playground.faces import Faces
from playground.faults import Faults
from playground.page.feed import Feed
from playground.page.inputs import Mistake
from playground.telegram import Person, contents
from playground.telegram.observer import Observer
from playground.telegram.photos import NotAPhoto
from playground.telegram.trouble import SLOW_SECONDS
from playground.traces import Traces

if TYPE_CHECKING:
    from playground.local_bot import LocalBot
    from playground.page.inputs import Sent
    from playground.telegram import Telegram
    from playground.telegram.emulator import File, Json
    from playground.trace import Trace

_ALBUM: Final = 10
"""Photos; apps make several albums of more."""


class Desk(Observer):
    """What one person at the page sees in `feed`, and does, until `close`."""

    def __init__(self, telegram: Telegram, bot: LocalBot) -> None:
        self._telegram = telegram
        self._person = Person(telegram)
        self.feed = Feed()
        with contextlib.ExitStack() as parts:
            self._faces = Faces(telegram, bot)
            parts.callback(self._faces.close)
            self._engines = Engines(bot, self._show_state)
            parts.callback(self._engines.close)
            self._faults = Faults(telegram, bot)
            self._traces = Traces(
                self._person.chat_id,
                bot.aws,
                engine=lambda: self._engines.now,
                circumstances=self._circumstances,
                changed=self._show_trace,
                answered=self._look,
            )
            logger.addHandler(self._traces)
            parts.callback(logging.getLogger(logger.name).removeHandler, self._traces)
            bot.jobs.watchers.append(self._traces)
            parts.callback(bot.jobs.watchers.remove, self._traces)
            telegram.observers += [self, self._traces]
            parts.callback(telegram.observers.remove, self)
            parts.callback(telegram.observers.remove, self._traces)
            parts.callback(self._faults.switch, dict.fromkeys(self._faults.on, False))
            parts.callback(self.feed.close)
            self._show_state()
            self._parts = parts.pop_all()

    def close(self) -> None:
        """Let the page go, and switch all faults off."""
        self._parts.close()

    # What the person sees.

    def event(self, event: Json) -> None:
        """Something happened in a chat; only the person's own is shown."""
        chat_id = event["message"]["chat"]["id"] if "message" in event else event["chat_id"]
        if chat_id == self._person.chat_id:
            self.feed.add(event)

    def about(self, language: str) -> dict[str, Any]:
        """What Telegram shows of the bot in a language."""
        profile, chat = self._telegram.profile, self._telegram.chats[self._person.chat_id]
        code = language.lower().partition("-")[0]
        return {
            "name": self._telegram.bot["first_name"],
            "username": self._telegram.bot["username"],
            "description": profile.description.get(code) or profile.description.get("", ""),
            "commands": profile.commands_in(chat, code),
        }

    def file(self, file_id: str) -> File | None:
        """A file of Telegram's."""
        return self._telegram.files.get(file_id)

    def crop(self, update_id: int, message_id: int, number: int) -> bytes | None:
        """A face as the network saw it: a PNG."""
        trace = self._traces.of(update_id)
        return trace.crops.get((message_id, number)) if trace else None

    # What the person does.

    def send_text(self, sent: Sent) -> None:
        """Send a message."""
        self._person.language_code = sent.language
        self._person.send_text(sent.text, **self._reply(sent))

    def send_files(self, files: list[tuple[str, bytes]], sent: Sent) -> None:
        """Send files as an app does: several photos as albums, what is no photo as it is, one by one."""
        self._person.language_code = sent.language
        around = self._reply(sent)
        if sent.text:
            around["caption"] = sent.text
        photos, others = self._sorted(files)
        for start in range(0, len(photos), _ALBUM):
            self._person.send_album(photos[start : start + _ALBUM], **around)
            around.pop("caption", None)
        for name, content in others:
            self._person.send_document(content, name, **around)
            around.pop("caption", None)

    def press(self, message_id: int, data: str, language: str) -> None:
        """Press a button.

        Raises:
            Mistake: there is none such.
        """
        message = self._telegram.messages.get((self._person.chat_id, message_id), {})
        self._person.language_code = language
        try:
            self._person.press(message, data)
        except LookupError:
            raise Mistake("That message has no such button; press one that it shows.") from None

    def choose_engine(self, engine: str, *, install: bool) -> None:
        """Begin to switch to an engine.

        Raises:
            Mistake: it cannot be done now.
        """
        if self._faults.on["no_bundle"]:
            raise Mistake("No engine starts without its model; switch that fault off first.", 409)
        try:
            self._engines.choose(engine, install=install)
        except Busy:
            raise Mistake("The engines are being switched already; wait until that is done.", 409) from None
        except NotInstalled:
            raise Mistake("TensorFlow is not installed yet; have it installed first.", 409) from None
        self._show_state()

    def switch_faults(self, faults: dict[str, bool]) -> None:
        """Switch faults on or off.

        Raises:
            Mistake: it cannot be done now.
        """
        if faults.get("no_bundle") and self._engines.switching:
            raise Mistake("The engines are being switched; take the model away once that is done.", 409)
        self._faults.switch(faults)
        self._show_state()

    def _sorted(self, files: list[tuple[str, bytes]]) -> tuple[list[Json], list[tuple[str, bytes]]]:
        """Photos, and what an app takes for files."""
        photos, others = [], []
        for name, content in files:
            try:
                photos.append(contents.photo(self._telegram, content))
            except NotAPhoto:
                others.append((name, content))
        return photos, others

    def _reply(self, sent: Sent) -> dict[str, Any]:
        if sent.reply_to is None:
            return {}
        message = self._telegram.messages.get((self._person.chat_id, sent.reply_to))
        if message is None:
            raise Mistake("The message to reply to is not in this chat; choose another.")
        return {"reply_to": message}

    def _circumstances(self) -> str:
        if self._telegram.trouble.slow:
            return f"Telegram is slow: each call takes {SLOW_SECONDS} s longer"
        return self._engines.note if self._engines.switching else ""

    def _show_state(self) -> None:
        state = {"engine": self._engines.state, "faults": self._faults.on}
        self.feed.add({"state": state}, "state")

    def _show_trace(self, update_id: int, trace: Trace | None) -> None:
        if trace is None:
            self.feed.drop(update_id)
        else:
            self.feed.add({"trace": trace.json}, update_id)

    def _look(self, trace: Trace) -> None:
        self._faces.look(trace, self._traces)
