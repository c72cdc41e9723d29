"""How fast the bot feels and how light it is: the webhook, a photo in the playground, the chat page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, cast

from benchmarks.image import ROOT, layer

if TYPE_CHECKING:
    from benchmarks.turns import Figures

IMPORT = """
import time
began = time.perf_counter()
import functions.webhook.app
print(time.perf_counter() - began)
"""


class NotTalking(Exception):
    """The playground did not answer; the message is the last that it said."""


def measure(store: Path, rounds: int) -> Figures:
    """Milliseconds and bytes; medians over so many rounds, after some that do not count.

    Raises:
        BuildFailed: the layer cannot be built.
        NotTalking: see there.
    """
    return {"webhook": {"import": imported(rounds), **zipped()}, **talk(store, rounds)}


def imported(rounds: int) -> float:
    """Milliseconds that the webhook's import takes a fresh process, after one that fills the disk's cache."""
    # As the template sets the one and Lambda the other, without which the X-Ray SDK makes itself a client.
    environment = os.environ | {"PYDANTIC_DISABLE_PLUGINS": "__all__", "LAMBDA_TASK_ROOT": "/var/task"}
    times = [
        float(_said([sys.executable, "-c", IMPORT], environment, "the webhook")) for _ in range(1 + rounds)
    ]
    return round(1000 * median(times[1:]), 1)


def zipped() -> Figures:
    """Bytes of what is uploaded: the webhook's zip and its layer's."""
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "zip": _zip(Path(folder) / "webhook.zip", ROOT / "functions" / "webhook", "app.py"),
            "layer": _zip(Path(folder) / "layer.zip", layer(), "**/*"),
        }
        return {name: file.stat().st_size for name, file in files.items()}


def talk(store: Path, rounds: int) -> Figures:
    """What a process of its own measures, in which the whole bot runs: see `benchmarks.talking`."""
    command = [sys.executable, "-m", "benchmarks.talking", str(store), str(rounds)]
    return cast("Figures", json.loads(_said(command, os.environ.copy(), "the playground")))


def _zip(file: Path, folder: Path, pattern: str) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.glob(pattern)):
            packed.write(path, path.relative_to(folder))
    return file


def _said(command: list[str], environment: dict[str, str], who: str) -> str:
    done = subprocess.run(  # noqa: S603 - made of nothing but ours
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise NotTalking(f"{who.capitalize()} failed: {last or 'it was ended from outside'}")
    return done.stdout
