"""What happened to each update, from Telegram's queue to the answer in the chat, with milliseconds."""

from __future__ import annotations

import json
import logging
import re
import time
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from playground.aws import ATTEMPTS, MAX_RECEIVE_COUNT
from playground.runtime.event_source import Watcher
from playground.telegram.observer import Observer
from playground.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.aws import LocalAWS
    from playground.telegram.emulator import Json
    from playground.telegram.observer import Attempt

KEPT: Final = 100
"""Traces; the oldest are forgotten."""
_CONTENT: Final = (
    "photo", "sticker", "animation", "video", "video_note", "voice", "audio", "location", "contact", "text",
)  # fmt: skip
_STATUS: Final = re.compile(r"Wrong response from the webhook: (\d+)")
_ANSWERED: Final = re.compile(r"(photo|album|about) answered")


class Traces(Observer, Watcher, logging.Handler):
    """The traces of one chat: watches Telegram, the queue and the recognizer's log.

    Args:
        chat_id: whose.
        aws: knows when a job comes back.
        engine: tells which one is at work.
        circumstances: tells what holds everything up at present, "" where nothing does.
        changed: is given a trace at each change; and None, with an id, where one is forgotten.
        answered: is given the trace of photos that were just answered.
    """

    def __init__(
        self,
        chat_id: int,
        aws: LocalAWS,
        *,
        engine: Callable[[], str],
        circumstances: Callable[[], str],
        changed: Callable[[int, Trace | None], None],
        answered: Callable[[Trace], None],
    ) -> None:
        logging.Handler.__init__(self, logging.INFO)
        self._chat_id, self._aws = chat_id, aws
        self._engine, self._circumstances = engine, circumstances
        self._changed, self._answered = changed, answered
        self._traces: dict[int, Trace] = {}
        self._by_update: dict[int, Trace] = {}
        self._albums: dict[str, Trace] = {}
        self._lock_of_traces = RLock()

    def of(self, update_id: int) -> Trace | None:
        """The trace that is shown under an update's id."""
        return self._traces.get(update_id)

    def add_faces(
        self, trace: Trace, message_id: int, faces: list[Json], crops: dict[tuple[int, int], bytes]
    ) -> None:
        """Add the faces of a photo to a trace."""
        with self._lock_of_traces:
            trace.faces[message_id] = faces
            trace.crops |= crops

    def tell(self, trace: Trace) -> None:
        """Show a trace as it is now."""
        with self._lock_of_traces:
            if trace.update_id in self._traces:
                self._changed(trace.update_id, trace)

    # What Telegram tells.

    def update_waits(self, update: Json) -> None:
        """A new trace, unless the update joins its album's."""
        query = update.get("callback_query")
        message = (query or update).get("message")
        if message is None or message["chat"]["id"] != self._chat_id:
            return
        with self._lock_of_traces:
            album = self._albums.get(message.get("media_group_id", ""))
            if query is None and album is not None and album.state in ("delivering", "queued"):
                trace = album
            else:
                trace = self._begin(update, message, "button" if query else _what(message))
                trace.note = self._circumstances()
            if query is None and trace.what in ("photo", "album"):
                trace.faces[message["message_id"]] = []
            trace.updates.append(update)
            self._by_update[update["update_id"]] = trace
            self.tell(trace)

    def delivery_tried(self, update: Json, attempt: Attempt) -> None:
        """The webhook had the update."""
        with self._lock_of_traces:
            trace = self._by_update.get(update["update_id"])
            if trace is None:
                return
            trace.add("webhook", attempt.milliseconds)
            if trace.updates[0] is update:
                trace.deliveries += 1
            if attempt.error is not None:
                self._not_delivered(trace, attempt)
            elif trace.state == "delivering":
                self._delivered(trace, attempt)
            self.tell(trace)

    @staticmethod
    def _not_delivered(trace: Trace, attempt: Attempt) -> None:
        status = _STATUS.match(attempt.error or "")
        error = status[1] if status else attempt.error
        if attempt.again_in is None:
            trace.state, trace.note = "failed", f"{error}: Telegram gives the update up"
            return
        when = f"in {attempt.again_in:.0f} s" if attempt.again_in else "at once"
        trace.note = f"{error}, Telegram tries again {when}"

    def _delivered(self, trace: Trace, attempt: Attempt) -> None:
        trace.note = ""
        if attempt.method == "sendChatAction" or trace.what == "album":
            trace.state, trace.queued_at = "queued", time.time()
            trace.note = self._circumstances()
        elif attempt.method_error is not None:
            trace.state = "failed"
            trace.note = (
                f"{attempt.method_error}. The answer is lost: Telegram does not tell a bot what became of "
                "an answer in its webhook's response"
            )
        else:
            trace.state = "done"
            trace.total = trace.elapsed() if attempt.method else None

    def event(self, event: Json) -> None:
        """An answer appears in the chat."""
        message = event.get("message", {})
        asked = message.get("reply_to_message", {}).get("message_id")
        if asked is None or message["chat"]["id"] != self._chat_id or not message["from"]["is_bot"]:
            return
        with self._lock_of_traces:
            for trace in self._traces.values():
                if asked in (trace.message_id, trace.answers_to) and trace.state in ("queued", "working"):
                    trace.total = trace.elapsed()
                    self.tell(trace)

    # What the queue tells.

    def received(self, message: dict[str, Any]) -> None:
        """The recognizer is given a job."""
        job = json.loads(message["Body"])
        with self._lock_of_traces:
            trace = self._by_update.get(job["update_id"])
            if trace is None:
                return
            if job["kind"] == "photo" and trace.what == "album":
                trace = self._part(trace, job["update_id"])
            if job["kind"] == "photo":
                trace.what, trace.answers_to = "photo", job["message_id"]
                trace.faces.setdefault(job["message_id"], [])
            attempt = int(message["Attributes"]["ApproximateReceiveCount"])
            since = float(message["Attributes"]["SentTimestamp"]) / 1000 if attempt == 1 else trace.queued_at
            trace.add("queue", max(0.0, 1000 * (time.time() - since)))
            trace.state, trace.note = "working", self._circumstances()
            if attempt <= ATTEMPTS:  # what comes after them is the farewell
                trace.receives, trace.reason = attempt, ""
            self.tell(trace)

    def given_back(self, message: dict[str, Any]) -> None:
        """The recognizer failed at a job."""
        job = json.loads(message["Body"])
        with self._lock_of_traces:
            trace = self._by_update.get(job["update_id"])
            if trace is None:
                return
            trace.queued_at = time.time()
            reason = trace.reason or "the recognizer does not start"
            if int(message["Attributes"]["ApproximateReceiveCount"]) >= MAX_RECEIVE_COUNT:
                trace.state = "failed"
                trace.note = f"{reason}; set aside in the dead-letter queue after {ATTEMPTS} attempts"
            else:
                seconds = self._aws.seconds_hidden(message["MessageId"])
                trace.state, trace.note = "queued", f"{reason}; comes back in {seconds:.0f} s"
            self.tell(trace)

    # What the recognizer logs.

    def emit(self, record: logging.LogRecord) -> None:
        """Take the milliseconds of an answer over, or the reason of a failure."""
        fields = vars(record)
        with self._lock_of_traces:
            trace = self._by_update.get(fields.get("update_id", 0))
            if record.levelno >= logging.WARNING and not record.getMessage().endswith(" given up"):
                self._take_reason(record, trace)
            elif trace is not None and _ANSWERED.fullmatch(record.getMessage()):
                for stage, spent in fields.get("milliseconds", {}).items():
                    trace.add(stage, spent)
                trace.engine, trace.model = self._engine(), fields.get("model")
                trace.state, trace.note = "done", ""
                trace.is_readable = not trace.faces or fields.get("faces") is not None
                self.tell(trace)
                if trace.faces:
                    self._answered(trace)

    def _take_reason(self, record: logging.LogRecord, trace: Trace | None) -> None:
        reason = getattr(record, "reason", "")
        if not reason and record.exc_info and record.exc_info[0]:
            reason = record.exc_info[0].__name__
        # What follows is advice for who runs the bot; the page has a switch for it.
        reason = str(reason or record.getMessage()).partition("; ")[0].rstrip(".")
        if trace is not None:
            trace.reason = reason
            if record.getMessage() == "answer undeliverable":
                trace.state, trace.note = "failed", f"Telegram does not take the answer: {reason}"
                self.tell(trace)
            return
        for waiting in self._traces.values():
            if waiting.state == "working":
                waiting.reason = reason

    def _begin(self, update: Json, message: Json, what: str) -> Trace:
        trace = Trace(update["update_id"], message["message_id"], what, time.perf_counter())
        self._traces[trace.update_id] = trace
        if what == "album":
            self._albums[message["media_group_id"]] = trace
        if len(self._traces) > KEPT:
            self._forget(next(iter(self._traces.values())))
        return trace

    def _forget(self, trace: Trace) -> None:
        del self._traces[trace.update_id]
        self._by_update = {key: other for key, other in self._by_update.items() if other is not trace}
        self._albums = {key: other for key, other in self._albums.items() if other is not trace}
        self._changed(trace.update_id, None)

    def _part(self, album: Trace, update_id: int) -> Trace:
        """A trace of its own for an item that came too late for its album."""
        update = next(update for update in album.updates if update["update_id"] == update_id)
        message = update["message"]
        if album.update_id == update_id:
            return album
        album.updates.remove(update)
        album.faces.pop(message["message_id"], None)
        trace = self._begin(update, message, "photo")
        trace.updates.append(update)
        self._by_update[update_id] = trace
        self.tell(album)
        return trace


def _what(message: Json) -> str:
    if "media_group_id" in message:
        return "album"
    if (message.get("text") or "").startswith("/"):
        return "command"
    if "document" in message and "animation" not in message:
        return "file"
    return next((kind for kind in _CONTENT if kind in message), "service")
