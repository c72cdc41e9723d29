"""Faults that a person can switch on, to see how the bot behaves."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.local_bot import LocalBot
    from playground.telegram import Telegram


class Faults:
    """What is switched on: `slow`, `flood` (see `Trouble`), and `no_bundle`."""

    def __init__(self, telegram: Telegram, bot: LocalBot) -> None:
        self._trouble = telegram.trouble
        self._bot = bot
        self._lock = Lock()
        self._no_bundle = False

    @property
    def on(self) -> dict[str, bool]:
        """Each fault, and whether it is switched on."""
        return {"slow": self._trouble.slow, "flood": self._trouble.flood, "no_bundle": self._no_bundle}

    def switch(self, faults: dict[str, bool]) -> None:
        """Switch faults on or off; those that are not named stay as they are."""
        with self._lock:
            self._trouble.slow = faults.get("slow", self._trouble.slow)
            self._trouble.flood = faults.get("flood", self._trouble.flood)
            no_bundle = faults.get("no_bundle", self._no_bundle)
            if no_bundle and not self._no_bundle:
                self._bot.aws.withhold_release()
                self._bot.recognizer.stop()
            elif self._no_bundle and not no_bundle:
                self._bot.aws.restore_release()
            self._no_bundle = no_bundle
