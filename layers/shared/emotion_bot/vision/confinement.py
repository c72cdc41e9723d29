"""What keeps the processes of one user apart: nobody reads another's memory, no photo opens a connection.

The calls are Linux's, prctl(2) and seccomp(2). Elsewhere nothing happens, nor where they are refused.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from typing import Final

_SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 4, 38
_SET_FILTER, _KEEP_SPEED = 1, 4
"""Without the latter, Linux before 5.16 slows down a process with a filter, lest it spy on itself."""
_REFUSED: Final = {
    # audit's own; seccomp; socket, ptrace, process_vm_readv, process_vm_writev, io_uring_setup, pidfd_getfd
    "x86_64": (0xC000003E, 317, (41, 101, 310, 311, 425, 438)),
    "aarch64": (0xC00000B7, 277, (198, 117, 270, 271, 425, 438)),
}
"""By architecture, the numbers of system calls."""
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""Of the filter's language, classic BPF."""
_CALL, _ARCHITECTURE = 0, 4
"""Where it finds them."""
_OTHER_NUMBERS: Final = 0x4000_0000
"""From here on x86_64 counts its calls a second time."""
_ALLOW, _NOT_PERMITTED = 0x7FFF_0000, 0x0005_0001


def hide() -> None:
    """Keep this process's memory and environment from others of its user, and from the disk if it crashes.

    Without it they stand in /proc for whoever runs as the same user, as all processes of a function do.
    """
    _prctl(_SET_DUMPABLE, 0)


def refuse_connections() -> None:
    """Open no socket from now on, and look into no other process; nor may what this one starts."""
    machine = os.uname().machine
    if sys.platform != "linux" or machine not in _REFUSED:
        return
    audited, seccomp, refused = _REFUSED[machine]
    # Each jump counts the steps between it and where it goes: the last, which refuses.
    last = len(refused) + 5
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 0, last - 2, audited),
        (_LOAD, 0, 0, _CALL),
        (_IF_AT_LEAST, last - 4, 0, _OTHER_NUMBERS),
        *((_IF_EQUAL, last - 5 - index, 0, number) for index, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOT_PERMITTED),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(code)))
    _prctl(_SET_NO_NEW_PRIVILEGES, 1)
    if ctypes.CDLL(None).syscall(seccomp, _SET_FILTER, _KEEP_SPEED, ctypes.byref(header)):
        sys.stderr.write("This Linux takes no filter: connections are not refused.\n")


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0)))
