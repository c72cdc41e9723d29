"""Lambda in the simulation: an account's concurrency, and functions that grow only so fast and start cold."""

from __future__ import annotations

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
        reserved: executions at one time at most; None: as the account has.
    """

    def __init__(
        self, account: Account, init: float, growth: tuple[float, float], reserved: int | None = None
    ) -> None:
        self._account, self._init, self._reserved = account, init, reserved
        self._most, self._rate = growth[0], growth[0] / growth[1]
        self._tokens, self._filled = growth[0], 0.0
        self.busy = self.warm = 0
        self.started = self.throttled = self.invocations = 0
        self.spent = 0.0
        """Seconds that are billed."""

    def start(self, now: float) -> float | None:
        """Begin an execution: seconds until the handler begins, None where it is throttled."""
        full = self._reserved is not None and self.busy >= self._reserved
        if full or self._account.busy >= self._account.concurrency or not (self.warm or self._may_grow(now)):
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
