"""Trouble with the Bot API: switched on by a person at the page, or struck by chance as in a bad hour."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING, Final, Literal

from playground.telegram.parameters import Parameters, TooManyRequests

if TYPE_CHECKING:
    from playground.telegram.clock import Clock
    from playground.telegram.emulator import Json

SLOW_SECONDS: Final = 3
"""That each method takes longer."""
RETRY_AFTER: Final = 6
"""Seconds, as a refusal of the flood says: two of them are more than the bot waits for within an attempt."""
REFUSALS: Final = 2
"""Of each answer in the flood."""
_ANSWERS: Final = frozenset(["sendmessage", "sendphoto", "sendmediagroup"])

Kind = Literal["refused", "failed", "dropped", "slowed", "repeated"]


class BadGateway(Exception):
    """The server in front of Telegram's has no answer: 502, and a page of HTML."""


class Dropped(Exception):
    """The connection ends without an answer."""


@dataclass(frozen=True)
class Chances:
    """How probable it is, from 0 to 1, that trouble strikes a call over HTTP, or an update."""

    refused: float = 0
    """429 with a `retry_after` of one second; the method is not executed."""
    failed: float = 0
    """502 as nginx words it; the method is not executed."""
    dropped: float = 0
    """The connection ends, half of the times before the method is executed, half after it."""
    slowed: float = 0
    """The answer takes `SLOW_SECONDS` longer."""
    repeated: float = 0
    """An update that the webhook took comes once more."""
    seed: int | None = None
    """Of the dice."""


@dataclass(frozen=True)
class Strike:
    """One stroke of trouble."""

    kind: Kind
    method: str
    """As it was called; "file" for a download, "update" for what is repeated."""
    chat_id: int | None = None
    reply_to: int | None = None
    """The message that an answer replies to; of an update, its message."""
    executed: bool = False
    """Whether Telegram did what the bot asked for, though the bot was not told; of an update, True."""


class Trouble:
    """What is switched on, for all methods of one Bot API server, and what its chances are.

    Args:
        clock: tests pass a faster one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._quick = Event()
        self._quick.set()
        self._flood: Counter[str] | None = None
        self._chances = Chances()
        self._dice = random.Random()  # noqa: S311 - no secret
        self._lock = Lock()
        self.struck: list[Strike] = []
        """All strokes by chance, in their order."""

    @property
    def chances(self) -> Chances:
        """Of trouble; none at first."""
        return self._chances

    @chances.setter
    def chances(self, chances: Chances) -> None:
        with self._lock:
            self._chances = chances
            self._dice = random.Random(chances.seed)  # noqa: S311 - no secret

    @property
    def slow(self) -> bool:
        """Whether each method takes `SLOW_SECONDS` longer; switched off, calls that wait go on at once."""
        return not self._quick.is_set()

    @slow.setter
    def slow(self, on: bool) -> None:
        if on:
            self._quick.clear()
        else:
            self._quick.set()

    @property
    def flood(self) -> bool:
        """Whether each answer is refused `REFUSALS` times: too many requests."""
        return self._flood is not None

    @flood.setter
    def flood(self, on: bool) -> None:
        if on != self.flood:
            self._flood = Counter() if on else None

    def strike(self, method: str, parameters: Parameters) -> None:
        """Let a call suffer from what is switched on.

        Raises:
            TooManyRequests: with `retry_after`.
        """
        if self.slow:
            self._clock.wait(SLOW_SECONDS, self._quick)
        flood = self._flood
        if flood is not None and method.lower() in _ANSWERS:
            # An answer comes back with the same target.
            target = f"{parameters.text('chat_id')} {parameters.json('reply_parameters')}"
            flood[target] += 1
            if flood[target] <= REFUSALS:
                raise TooManyRequests(RETRY_AFTER)

    def befall(self, method: str, parameters: Parameters) -> Strike | None:
        """The trouble that strikes a call by chance, if any, and keeps it from its answer.

        Noted, but for one that strikes after the method was executed: whoever executes it does that.
        """
        with self._lock:
            dice, chances = self._dice.random(), self._chances
            late = self._dice.random() < 0.5
        reply = parameters.json("reply_parameters")
        chat_id = parameters.integer("chat_id") or None
        reply_to = reply.get("message_id") if isinstance(reply, dict) else None
        kinds: tuple[tuple[Kind, float], ...] = (
            ("refused", 0 if method == "file" else chances.refused),
            ("failed", chances.failed),
            ("dropped", chances.dropped),
            ("slowed", chances.slowed),
        )
        for kind, chance in kinds:
            if dice < chance:
                strike = Strike(kind, method, chat_id, reply_to, executed=late and kind == "dropped")
                if not strike.executed:
                    self.note(strike)
                if kind == "slowed":
                    self._clock.wait(SLOW_SECONDS, Event())
                    return None
                return strike
            dice -= chance
        return None

    def repeats(self, update: Json) -> bool:
        """Whether an update that was taken comes once more; noted if so."""
        with self._lock:
            strikes = self._dice.random() < self._chances.repeated
        if strikes:
            message = update.get("message") or update.get("callback_query", {}).get("message", {})
            chat_id = message.get("chat", {}).get("id")
            self.note(Strike("repeated", "update", chat_id, message.get("message_id"), executed=True))
        return strikes

    def note(self, strike: Strike) -> None:
        """Add it to those that struck."""
        with self._lock:
            self.struck.append(strike)
