"""How many messages a bot may send: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

from playground.telegram.parameters import TooManyRequests

if TYPE_CHECKING:
    from playground.telegram.clock import Clock

BURST: Final = 10
"""Messages to one chat before its one a second counts: Telegram tolerates short bursts, such as an album."""
PER_SECOND: Final = 1
"""Messages to one chat."""
GROUP_MESSAGES: Final = 20
"""To one group, in a minute."""
MINUTE: Final = 60
OVERALL: Final = 30
"""Messages a second, to all chats together."""
LARGE_UPLOAD: Final = 100_000
"""Bytes; larger uploads of one size are spaced (`Client.cpp` of github.com/tdlib/telegram-bot-api)."""
UPLOAD_BACKLOG: Final = 5
"""Seconds of such uploads that may be ahead of one."""
UPLOAD_RETRY_AFTER: Final = 60


@dataclass
class _Bucket:
    """Fills by `rate` a second, up to `size`. A call may take more than is left, and leaves a debt."""

    rate: float
    size: float
    level: float
    seen: float

    def seconds_empty(self, now: float) -> float:
        """Until something is in it again."""
        self.level = min(self.size, self.level + (now - self.seen) * self.rate)
        self.seen = now
        return 0 if self.level >= 1 else (1 - self.level) / self.rate


@dataclass
class Limits:
    """Counts what the bot sends, and refuses what is too much.

    Args:
        clock: whose seconds count.
        on: whether anything is refused.
    """

    clock: Clock
    on: bool = True
    _overall: _Bucket | None = None
    _chats: dict[int, _Bucket] = field(default_factory=dict)
    _groups: dict[int, deque[float]] = field(default_factory=dict)
    _uploads: dict[int, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, chat_id: int, messages: int = 1) -> None:
        """Let messages to a chat through.

        Raises:
            TooManyRequests: try again after exactly the seconds that it says.
        """
        if not self.on:
            return
        with self._lock:
            now = self.clock.now()
            if self._overall is None:
                self._overall = _Bucket(OVERALL, OVERALL, OVERALL, now)
            buckets = [self._overall, self._chats.setdefault(chat_id, _Bucket(PER_SECOND, BURST, BURST, now))]
            wait = max(bucket.seconds_empty(now) for bucket in buckets)
            if chat_id < 0:
                wait = max(wait, self._seconds_group_is_full(chat_id, now))
            if wait > 0:
                raise TooManyRequests(math.ceil(wait))
            for bucket in buckets:
                bucket.level -= messages
            if chat_id < 0:
                self._groups[chat_id].extend([now] * messages)

    def upload(self, size: int) -> float:
        """Seconds that an upload has to wait for others of its size, in bytes.

        Raises:
            TooManyRequests: too many are ahead of it.
        """
        if not self.on or size <= LARGE_UPLOAD:
            return 0
        with self._lock:
            now = self.clock.now()
            last = self._uploads.get(size, 0)
            if last > now + UPLOAD_BACKLOG:
                raise TooManyRequests(UPLOAD_RETRY_AFTER)
            self._uploads[size] = max(last + min(max(size * 1e-7, 0.2), 0.9), now - 1)
            return max(0.0, self._uploads[size] - now)

    def _seconds_group_is_full(self, chat_id: int, now: float) -> float:
        sent = self._groups.setdefault(chat_id, deque())
        while sent and sent[0] <= now - MINUTE:
            sent.popleft()
        return sent[len(sent) - GROUP_MESSAGES] + MINUTE - now if len(sent) >= GROUP_MESSAGES else 0
