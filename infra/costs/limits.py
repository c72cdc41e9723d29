"""What holds photos up in the simulation: Lambda's concurrency, growth and cold starts; Telegram's rate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass
class Account:
    """Executions at one time, of all functions together."""

    concurrency: int
    busy: int = 0


class Function:
    """Execution environments: busy ones, warm ones, and how many more there may be by now.

    Args:
        account: whose concurrency it uses.
        init: seconds of a cold start.
        growth: so many environments more within so many seconds; refilled steadily (Lambda's developer guide,
            "Lambda scaling behavior").
    """

    def __init__(self, account: Account, init: float, growth: tuple[float, float]) -> None:
        self._account, self._init = account, init
        self._most, self._rate = growth[0], growth[0] / growth[1]
        self._tokens, self._filled = growth[0], 0.0
        self.busy = self.warm = 0
        self.started = self.throttled = self.invocations = 0
        self.spent = 0.0
        """Seconds that are billed."""

    def start(self, now: float) -> float | None:
        """Begin an execution: seconds until the handler begins, None where it is throttled."""
        if self._account.busy >= self._account.concurrency or not (self.warm or self._may_grow(now)):
            self.throttled += 1
            return None
        self.busy += 1
        self._account.busy += 1
        self.invocations += 1
        if self.warm:
            self.warm -= 1
            return 0.0
        self.started += 1
        return self._init

    def spend(self, seconds: float) -> None:
        """An execution took so long, its cold start included."""
        self.spent += seconds

    def end(self) -> None:
        """Its environment is warm now."""
        self.busy -= 1
        self._account.busy -= 1
        self.warm += 1

    def _may_grow(self, now: float) -> bool:
        self._tokens = min(self._most, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


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
