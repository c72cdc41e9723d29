"""Trouble with the Bot API that a person can switch on: calls that take longer, calls that are refused."""

from __future__ import annotations

from collections import Counter
from threading import Event
from typing import TYPE_CHECKING, Final

from playground.telegram.parameters import ApiError, Parameters

if TYPE_CHECKING:
    from playground.telegram.clock import Clock

SLOW_SECONDS: Final = 3
"""That each method takes longer."""
RETRY_AFTER: Final = 3
"""Seconds, as a refusal says."""
REFUSALS: Final = 2
"""Of each answer; a job has one attempt more than that."""
_ANSWERS: Final = frozenset(["sendmessage", "sendphoto", "sendmediagroup"])


class Trouble:
    """What is switched on, for all methods of one Bot API server.

    Args:
        clock: tests pass a faster one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._quick = Event()
        self._quick.set()
        self._flood: Counter[str] | None = None

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
        """Make a call suffer.

        Raises:
            ApiError: 429, with `retry_after`.
        """
        if self.slow:
            self._clock.wait(SLOW_SECONDS, self._quick)
        flood = self._flood
        if flood is not None and method.lower() in _ANSWERS:
            # An answer comes back with the same target.
            target = f"{parameters.text('chat_id')} {parameters.json('reply_parameters')}"
            flood[target] += 1
            if flood[target] <= REFUSALS:
                raise ApiError(f"Too Many Requests: retry after {RETRY_AFTER}", 429, retry_after=RETRY_AFTER)
