"""Telegram in the simulation: how many messages it takes."""

from __future__ import annotations

import math


class Limit:
    """Messages a second over all chats, with a second's worth at once (the generic cell rate algorithm).

    Args:
        rate: messages a second; None: no limit.
    """

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._next = 0.0
        """When the next message would be due, were they evenly spaced."""

    def ask(self, now: float) -> float:
        """Take a message: 0, or after how many whole seconds to ask again, as a 429's `retry_after` says."""
        if self._rate is None:
            return 0.0
        early = self._next - now - 1 + 1 / self._rate
        if early > 0:
            return float(max(1, math.ceil(early)))
        self._next = max(self._next, now) + 1 / self._rate
        return 0.0
