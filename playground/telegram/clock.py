"""The emulator's clock, which can run faster than the real one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event


class Clock:
    """The real one, or one that runs faster from now on.

    Args:
        speed: seconds that pass here in a real one.
    """

    _speed: float = 1

    def __init__(self, speed: float = 1) -> None:
        self._speed = speed
        self._began = time.time()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._began + (time.time() - self._began) * self._speed

    def wait(self, seconds: float, stop: Event) -> bool:
        """Wait, at most until `stop` is set; whether it is."""
        return stop.wait(self.real(seconds))

    def real(self, seconds: float) -> float:
        """How many real seconds pass meanwhile."""
        return seconds / self._speed
