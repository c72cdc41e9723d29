"""The playground as a person starts it: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 240
"""Seconds for what takes a few on an idle machine."""


@pytest.fixture(scope="session")
def command():
    """`python -m playground`, with an environment that tells it nothing."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TELEGRAM_", "AWS_"))
    }
    environment["PYTHONWARNINGS"] = "ignore"

    def popen(*arguments: object, cwd: Path = ROOT, **variables: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "playground", *map(str, arguments)],
            cwd=cwd,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return popen


@pytest.fixture(scope="session")
def finished(command):
    """Run the playground to its end: (exit status, stdout, stderr)."""

    def run(*arguments: object, **options) -> tuple[int, str, str]:
        with command(*arguments, **options) as process:
            try:
                out, err = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return process.returncode, out, err

    return run


@pytest.fixture(scope="session")
def running(command):
    """The playground with its page, as a context: the process and the page's address."""

    @contextmanager
    def run(*arguments: object):
        with command("run", "--no-browser", *arguments) as process:
            try:
                line = process.stdout.readline()
                assert " at http://127.0.0.1:" in line, line + process.stderr.read()
                yield process, line.split(" at ")[1].split()[0]
            finally:
                process.kill()

    return run
