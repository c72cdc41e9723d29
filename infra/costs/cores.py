"""A share of a core, as Lambda's memory brings it: by a control group, where one may make it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PERIOD: Final = 20_000
"""Microseconds. Within the kernel's own 100 ms, a photo's work would pass unlimited."""
ROOT: Final = Path("/sys/fs/cgroup")


class CannotLimit(Exception):
    """This machine has no such control groups, or keeps them from this user."""


@contextlib.contextmanager
def limited(sessions: Iterable[int], cores: float, root: Path = ROOT) -> Iterator[None]:
    """The processes of these sessions, and what they start, have no more than so many cores meanwhile.

    Raises:
        CannotLimit: see there.
    """
    is_second = (root / "cgroup.controllers").exists()
    parent = root if is_second else root / "cpu"
    group, quota = parent / "emotion-bot-costs", int(cores * PERIOD)
    processes = [process for session in sessions for process in of_session(session)]
    try:
        group.mkdir(exist_ok=True)
        if is_second:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        for process in processes:
            (group / "cgroup.procs").write_text(str(process))
    except OSError as error:
        raise CannotLimit(str(error)) from None
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(OSError):  # gone meanwhile
                (parent / "cgroup.procs").write_text(str(process))
        with contextlib.suppress(OSError):  # an empty one that stays does no harm
            group.rmdir()


def of_session(session: int) -> list[int]:
    """The processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[3]) == session:
                found.append(int(stat.parent.name))
    return found
