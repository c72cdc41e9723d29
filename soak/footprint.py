"""How much memory processes take, with those that they started."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_INTERVAL: Final = 0.005
"""Seconds between two looks. A process's own peak is the kernel's; a look only has to come while it lives."""
_RESET: Final = "5"
"""Lets a process's peak begin anew (man 5 proc_pid_clear_refs)."""


class Footprint:
    """Watches processes and their descendants until the end of the `with` block; Linux only."""

    def __init__(self, *pids: int) -> None:
        self._pids = pids
        self._peaks: dict[int, int] = {}
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True, name="footprint")

    def __enter__(self) -> Self:
        """Begin."""
        for pid in self._family(*self._pids):
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text(_RESET, encoding="ascii")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the last look."""
        self._stop.set()
        self._thread.join()
        self._look()

    @property
    def peak(self) -> int:
        """Bytes: the sum of the peaks of all that lived meanwhile, as if all had come at one time."""
        return sum(self._peaks.values())

    def _watch(self) -> None:
        while not self._stop.wait(_INTERVAL):
            self._look()

    def _look(self) -> None:
        for pid in self._family(*self._pids):
            with suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
                # One that has just ended has no memory, and no such line.
                if "VmHWM:" in status:
                    self._peaks[pid] = 1024 * int(status.partition("VmHWM:")[2].split(maxsplit=1)[0])

    def _family(self, *pids: int) -> Iterator[int]:
        for pid in pids:
            yield pid
            with suppress(OSError):
                for children in Path(f"/proc/{pid}/task").glob("*/children"):
                    yield from self._family(*map(int, children.read_text(encoding="ascii").split()))
