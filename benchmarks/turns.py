"""Contenders take turns at each photograph, so that whatever else the machine does falls on all alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from benchmarks.photos import Scene

WARM_UP = 2
"""Rounds that do not count: TensorFlow traces its functions anew for each size of a photo."""

Figures = dict[str, Any]


class WorkerFailed(Exception):
    """A contender gave up; the message is the last that it said."""


class Worker:
    """A contender in a process of its own, from `worker`, until the end of the block.

    Args:
        contender: its name.
        store: where the bundles are.
        cores: that it may use.
    """

    def __init__(self, contender: str, store: str, cores: int) -> None:
        self.contender = contender
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed at the end of the block
        self._process = subprocess.Popen(  # noqa: S603 - made of nothing but ours
            [sys.executable, "-m", "benchmarks.worker", contender, store, str(cores)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        self._requests, self._answers = (
            cast("IO[str]", self._process.stdin),
            cast("IO[str]", self._process.stdout),
        )
        self._is_ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._said.close()

    def ask(self, part: str, photo: Path) -> Figures:
        """Let it do a part of its work, one of `worker.PARTS`, on a photo.

        Raises:
            WorkerFailed: it gave up.
        """
        if not self._is_ready:
            self._read()
            self._is_ready = True
        self._requests.write(json.dumps({"part": part, "photo": str(photo)}) + "\n")
        self._requests.flush()
        return self._read()

    def _read(self) -> Figures:
        line = self._answers.readline()
        if not line:
            self._process.wait()
            self._said.seek(0)
            last = self._said.read().strip().rpartition("\n")[2]
            raise WorkerFailed(f"{self.contender} gave up: {last or 'it was ended from outside'}")
        figures: Figures = json.loads(line)
        return figures


@contextmanager
def workers(contenders: Iterable[str], store: str, cores: int) -> Iterator[dict[str, Worker]]:
    """A worker for each contender, by name, on the same cores; they load at once."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(Worker(name, store, cores)) for name in contenders}


def take_turns(
    workers: Mapping[str, Worker], part: str, scenes: Mapping[str, Scene], rounds: int
) -> dict[str, dict[str, Figures]]:
    """By scene and contender: the median of its milliseconds, and how many faces it found.

    Raises:
        WorkerFailed: one gave up.
    """
    table: dict[str, dict[str, Figures]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for title, scene in scenes.items():
            photo = write(scene, folder)
            said: dict[str, list[Figures]] = {name: [] for name in workers}
            for _ in range(WARM_UP + rounds):
                for name, worker in workers.items():
                    said[name].append(worker.ask(part, photo))
            table[title] = {name: summary(figures[WARM_UP:]) for name, figures in said.items()}
    return table


def summary(figures: list[Figures]) -> Figures:
    """Medians of the times, and whatever was found, which is the same each time."""
    times = {name: round(median(each[name] for each in figures), 3) for name in ("milliseconds", "processor")}
    return times | {name: figures[-1][name] for name in ("faces",) if name in figures[-1]}


def write(scene: Scene, folder: str | Path) -> Path:
    """The scene as a file."""
    photo = Path(folder) / f"photo{scene.suffix}"
    photo.write_bytes(scene.draw())
    return photo
