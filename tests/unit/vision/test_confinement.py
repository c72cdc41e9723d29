"""The filter of system calls, asked by number: what it refuses, and by which back doors."""

import errno
import os
import subprocess
import sys

import pytest

CALLS = {
    "x86_64": {
        "socket": 41,
        "ptrace": 101,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
    "aarch64": {
        "socket": 198,
        "ptrace": 117,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
}
"""From the kernel's own tables: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h."""
MACHINE = os.uname().machine
CONFINED = """
import ctypes, mmap
from emotion_bot.vision.confinement import refuse_connections
libc = ctypes.CDLL(None, use_errno=True)
refuse_connections()
"""
OTHER_ENTRANCE = """
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("b8 14 00 00 00 cd 80 c3"))  # mov eax, 20 (getpid); int 0x80; ret
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
print(call())
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or MACHINE not in CALLS, reason="the calls are Linux's, by processor"
)


def run(script):
    return subprocess.run(
        [sys.executable, "-c", CONFINED + script], capture_output=True, text=True, check=False
    )


def refusal(number):
    """What a call comes to that asks for nothing that there is; where it is let through, it does no harm."""
    done = run(f"libc.syscall({number}, 999, -1, -1, 0, 0, 0); print(ctypes.get_errno())")
    return errno.errorcode.get(int(done.stdout), done.stdout)


@pytest.mark.parametrize("name", CALLS["x86_64"])
def test_a_call_is_refused(name):
    assert refusal(CALLS[MACHINE][name]) == "EPERM"


def test_what_is_next_to_them_is_not():
    numbers = {each + 1 for each in CALLS[MACHINE].values()} - set(CALLS[MACHINE].values())
    assert "EPERM" not in map(refusal, numbers)


@pytest.mark.skipif(MACHINE != "x86_64", reason="this processor counts its calls once")
@pytest.mark.parametrize("name", ["socket", "process_vm_readv"])
def test_nor_does_it_help_to_count_calls_as_x32_does(name):
    assert refusal(0x4000_0000 + CALLS["x86_64"][name]) == "EPERM"


@pytest.mark.skipif(MACHINE != "x86_64", reason="this processor has one entrance")
def test_nor_to_come_by_the_entrance_of_32_bits():
    """There socket has another number. Kernels without that entrance end who tries it."""
    done = run(OTHER_ENTRANCE)
    assert done.returncode < 0 or int(done.stdout) == -errno.EPERM
