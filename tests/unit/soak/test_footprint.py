"""What a process takes at most, and those that it starts, however short they live."""

import subprocess
import sys

import pytest

from soak.footprint import Footprint

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

SCRIPT = """
import subprocess, sys
print("ready", flush=True)
sys.stdin.readline()
exec(sys.argv[1])
print("done", flush=True)
sys.stdin.readline()
"""
TAKE = "bytearray(b'x') * 200_000_000"


@pytest.fixture
def process():
    started = []

    def start(work):
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", SCRIPT, work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        assert started[0].stdout.readline() == "ready\n"
        return started[0]

    yield start
    for each in started:
        with each:
            each.kill()


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


@pytest.mark.parametrize("work", [TAKE, f"subprocess.run([sys.executable, '-c', {TAKE!r}])"])
def test_a_peak_is_seen_wherever_it_was(process, work):
    watched = process(work)
    with Footprint(watched.pid) as footprint:
        go_on(watched)
    assert 200e6 < footprint.peak < 300e6


def test_what_was_before_does_not_count(process):
    watched = process(TAKE)
    go_on(watched)
    with Footprint(watched.pid) as footprint:
        pass
    assert footprint.peak < 100e6
