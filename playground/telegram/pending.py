"""The updates on their way to the bot: one line in all, and one line for each queue."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.telegram.emulator import Json


@dataclass(frozen=True, eq=False)
class PendingUpdate:
    """An update on its way to the bot."""

    queue: int
    """Of one queue, such as a chat, one update is in flight at a time."""
    body: Json
    expires: float
    again: bool = False
    """Whether it was taken before."""


class Pending:
    """Updates in the order in which they came. Whoever uses it holds Telegram's lock."""

    def __init__(self) -> None:
        self._all: dict[PendingUpdate, None] = {}
        self._queues: dict[int, deque[PendingUpdate]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[PendingUpdate]:
        return iter(self._all)

    @property
    def queues(self) -> set[int]:
        """Those in which an update waits."""
        return set(self._queues)

    def append(self, update: PendingUpdate) -> None:
        """Let an update wait behind all others."""
        self._all[update] = None
        self._queues.setdefault(update.queue, deque()).append(update)

    def head(self, queue: int) -> PendingUpdate | None:
        """A queue's oldest update."""
        return self._queues[queue][0] if queue in self._queues else None

    def remove(self, update: PendingUpdate) -> None:
        """Forget an update; nothing where that is done."""
        if update in self._all:
            del self._all[update]
            self._queues[update.queue].remove(update)
            if not self._queues[update.queue]:
                del self._queues[update.queue]

    def clear(self) -> None:
        """Forget them all."""
        self._all.clear()
        self._queues.clear()
