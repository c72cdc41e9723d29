"""Hostile files: each gets a sentence or the right picture, soon, and within the function's memory."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from multiprocessing.connection import Pipe
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from soak.crowd import Sent, kind
from soak.files import hostile_files
from soak.files.hostile import SIZE, encode
from soak.footprint import Footprint
from soak.looking import Look
from soak.result import Figures, Result
from soak.stage import stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

    from soak.crowd import Kind
    from soak.files.hostile import HostileFile, Must

ROOT: Final = Path(__file__).parents[1]
MEMORY: Final = 1769
"""MB of the function, as in infra/template.yaml."""
SECONDS: Final = 5.0
"""That no file may take."""
PATIENCE: Final = 60.0
"""Seconds for an answer."""
RIGHT: Final[dict[Must, tuple[Kind, ...]]] = {
    "face": ("picture",),
    "picture": ("picture", "no face"),
    "sentence": ("other",),
    "answer": ("picture", "no face", "other"),
}
"""What the bot may say to a file: "other" are its refusals, each of which says why."""
SAME: Final = 0.6
"""Intersection over union of two boxes about the same face."""
NAMED: Final = 5
"""Of the slowest files, and of those that take most memory, so many are named."""


def run(store: Path, every: int = 1, sent_every: int = 5) -> Result:
    """Have each file, or one of so many, looked at; and one of so many of these sent through the whole bot.

    Raises:
        RuntimeError: the process that looks at them ended.
    """
    files, tried = hostile_files()[::every], []
    with looking(store) as (asker, process):
        expected = Look(*ask(asker, encode(".png")))
        for file in files:
            content = file.make()
            with Footprint(process.pid) as footprint:
                found = ask(asker, content)
            tried.append((file, found, footprint.peak))
    return judged(tried, expected, sent(store, files[::sent_every]))


def sent(store: Path, files: Sequence[HostileFile]) -> Figures:
    """What becomes of files that are sent to the bot, one after the other."""
    wrong, longest, largest = [], 0.0, 0
    with stage(store) as scene:
        for file, person in zip(files, scene.people(len(files)), strict=True):
            content = file.make()
            with Footprint(*scene.environments.pids) as footprint:
                update = person.send_document(content, file.file_name, "image/jpeg")
                asked = Sent(person, update, has_face=file.must == "face", at=monotonic())
                scene.wait_for_answers([asked], PATIENCE)
            answers = scene.answers.to.get(asked.key, [])
            if [kind(answer) for _, answer in answers] not in [[right] for right in RIGHT[file.must]]:
                wrong.append(named(file))
            longest = max([longest, *(came - asked.at for came, _ in answers)])
            largest = max(largest, footprint.peak)
        failed = int(scene.metrics["PhotoFailed"] + scene.metrics["RecognizerDied"])
    return {
        "files": len(files),
        "wrong": wrong,
        "failed": failed,
        "seconds": round(longest, 2),
        "megabytes": round(largest / 1e6),
    }


def judged(tried: Sequence[tuple[HostileFile, Look, int]], expected: Look, bot: Figures) -> Result:
    """The figures; each file comes with what became of it, and the bytes that this took."""
    wrong = [named(file) for file, look, _ in tried if not is_right(file, look, expected)]
    crashes = sum(look.outcome in ("died", "failed") for _, look, _ in tried)
    slowest = sorted(tried, key=lambda each: each[1].seconds, reverse=True)
    largest = sorted(tried, key=lambda each: each[2], reverse=True)
    figures: Figures = {
        "files": len(tried),
        "crashes": crashes,
        "wrong": wrong,
        "seconds": round(slowest[0][1].seconds, 2),
        "megabytes": round(largest[0][2] / 1e6),
        "bound": {"seconds": SECONDS, "megabytes": MEMORY},
        "slowest": {named(file): round(look.seconds, 2) for file, look, _ in slowest[:NAMED]},
        "largest": {named(file): round(peak / 1e6) for file, _, peak in largest[:NAMED]},
        "groups": groups(tried),
        "bot": bot,
    }
    fits = max(largest[0][2], 1e6 * bot["megabytes"]) < MEMORY * 2**20
    shown = fits and not (wrong or crashes or bot["wrong"] or bot["failed"])
    return Result(shown, figures, in_time=max(figures["seconds"], bot["seconds"]) < SECONDS)


def groups(tried: Sequence[tuple[HostileFile, Look, int]]) -> dict[str, Any]:
    """Of each group, how many files there are, and what became of them."""
    table: dict[str, Any] = {}
    for group in dict.fromkeys(file.group for file, _, _ in tried):
        its = [each for each in tried if each[0].group == group]
        outcomes = Counter(
            "sentence" if look.outcome == "refused" else "face" if look.boxes else "no face"
            for _, look, _ in its
            if look.outcome in ("read", "refused")
        )
        table[group] = {
            "files": len(its),
            **{name: outcomes[name] for name in ("face", "no face", "sentence")},
            "seconds": round(max(look.seconds for _, look, _ in its), 2),
            "megabytes": round(max(peak for _, _, peak in its) / 1e6),
        }
    return table


def named(file: HostileFile) -> str:
    """How the page calls a file."""
    return f"{file.group}: {file.name}"


def is_right(file: HostileFile, look: Look, expected: Look) -> bool:
    """Whether a file got what it must."""
    match file.must:
        case "sentence":
            return look.outcome == "refused" and look.text.endswith(".")
        case "picture":
            return look.outcome == "read"
        case "face":
            return len(look.boxes) == 1 and shows(look, expected)
    return look.outcome in ("read", "refused")


def shows(look: Look, expected: Look) -> bool:
    """Whether the face is where it must be, on a picture that stands upright."""
    picture = cv2.imdecode(np.frombuffer(look.picture, np.uint8), cv2.IMREAD_COLOR)
    if look.outcome != "read" or picture is None:
        return False
    height, width = picture.shape[:2]
    is_upright = abs(width / height - SIZE[0] / SIZE[1]) < 0.01
    return is_upright and overlap(look.boxes[0], expected.boxes[0]) > SAME


def overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Intersection over union of two boxes: x, y, width, height."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0, width) * max(0, height)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


@contextmanager
def looking(store: Path) -> Iterator[tuple[Connection, subprocess.Popen[bytes]]]:
    """A process that looks at files, and the way to it."""
    ours, its = Pipe()
    environment = os.environ | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY), "AWS_REGION": "eu-central-1"}
    with ours:
        with its:
            process = subprocess.Popen(  # noqa: S603 - made of nothing but ours
                [sys.executable, "-m", "soak.looking", str(store), str(its.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # what decoders have to say of each file
                pass_fds=[its.fileno()],
                cwd=ROOT,
                env=environment,
            )
        try:
            ours.recv()
            yield ours, process
        except EOFError:
            raise RuntimeError("the process that looks at files ended") from None
        finally:
            ours.close()
            process.wait()


def ask(asker: Connection, content: bytes) -> Look:
    """What becomes of a file."""
    asker.send_bytes(content)
    return Look(*asker.recv())
