"""The experiments of `make soak`, small: each shows what it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from soak.experiments import EXPERIMENTS

ROOT = Path(__file__).parents[2]
PATIENCE = 300
"""Seconds; each takes some twenty on a busy machine with two cores."""


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_small_experiment_shows_what_it_must(name):
    """In a process of its own, since moto's services are one process's, and others here use them."""
    done = subprocess.run(
        [sys.executable, "-m", "soak", name, "--small"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(("✓", "slow")), done.stdout
