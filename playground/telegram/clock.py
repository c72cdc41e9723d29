"""The emulator's clock, which a test can make run faster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threading import Event


class Clock:
    """The real one."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def wait(self, seconds: float, stop: Event) -> bool:
        """Wait, at most until `stop` is set; whether it is."""
        return stop.wait(seconds)
