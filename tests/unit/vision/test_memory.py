"""That a photo's memory is there for the next one, and that a huge photo's is not kept."""

import ctypes
import subprocess
import sys

import pytest

PHOTOS = """
import resource, sys
import numpy as np
from emotion_bot.vision.memory import keep_freed_memory

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20

def faults(megabytes):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.full(int(megabytes * 2**20), 7, np.uint8)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 20

if sys.argv[1] == "keep":
    keep_freed_memory()
# What the interpreter holds on to meanwhile lies above, as it does in a process that has begun to work.
np.full(3 * 2**20, 7, np.uint8)
before = resident()
np.full(60 * 2**20, 7, np.uint8)
np.full(30 * 2**20, 7, np.uint8)
print(faults(3.5), faults(5.5), resident() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc")
def test_pages_are_kept_of_usual_photos_and_given_back_of_huge_ones():
    result = subprocess.run(
        [sys.executable, "-c", PHOTOS, "keep"], capture_output=True, text=True, check=True
    )
    usual, larger, grown = map(float, result.stdout.split())
    # A photo of 1280 x 960 has 900 pages.
    assert usual < 90
    assert larger < 90
    assert grown < 16


def test_without_glibc_nothing_happens(monkeypatch):
    from emotion_bot.vision import memory

    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    memory.keep_freed_memory()
