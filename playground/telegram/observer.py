"""What a Telegram tells those who watch it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.telegram.emulator import Json


@dataclass(frozen=True)
class Attempt:
    """One try to hand an update to the webhook."""

    milliseconds: float
    error: str | None = None
    """What went wrong."""
    again_in: float | None = None
    """Seconds until the next try; None for the last one."""
    method: str = ""
    """The method that the webhook's answer asks for."""
    method_error: str | None = None
    """Why that method failed; the bot is not told."""


class Observer:
    """Is told what happens, under Telegram's lock, and so must be quick; ignores it all by itself."""

    def event(self, event: Json) -> None:
        """A chat's window shows something new."""

    def update_waits(self, update: Json) -> None:
        """An update is on its way to the bot."""

    def delivery_tried(self, update: Json, attempt: Attempt) -> None:
        """The webhook was given an update."""

    def method_refused(self, method: str, values: dict[str, Any], description: str) -> None:
        """A call of the bot failed."""
