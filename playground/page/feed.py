"""What the page shows, in the order in which it happened; what was overtaken by something newer is gone."""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from playground.telegram.emulator import Json


class Feed:
    """Events, numbered. Of those with the same key only the latest is kept."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._events: dict[int, Json] = {}
        self._by_key: dict[Hashable, int] = {}
        self._next = 0
        self._is_open = True

    @property
    def is_open(self) -> bool:
        """Whether more can come."""
        return self._is_open

    def add(self, event: Json, key: Hashable | None = None) -> None:
        """Append an event; it takes the place of the one with the same key."""
        with self._changed:
            self.drop(key)
            if key is not None:
                self._by_key[key] = self._next
            self._events[self._next] = event
            self._next += 1
            self._changed.notify_all()

    def drop(self, key: Hashable | None) -> None:
        """Forget the event with a key."""
        with self._changed:
            if key in self._by_key:
                del self._events[self._by_key.pop(key)]

    def since(self, start: int, timeout: float) -> list[tuple[int, Json]]:
        """The events from a number on, as soon as there is one; none after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._next > start or not self._is_open, timeout)
            return [(number, event) for number, event in self._events.items() if number >= start]

    def close(self) -> None:
        """Let go whoever waits."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
