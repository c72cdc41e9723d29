"""One contender in a process of its own, pinned to its cores: does what each line asks, and times it."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.contenders import Contender, Ours

T = TypeVar("T")
STATUS = Path("/proc/self/status")


def main(name: str, store: str, cores: str) -> None:
    """Answer each request, a JSON object a line, with another; the first says that the contender is ready."""
    # Before anything is imported that counts the cores. OpenCV would take all of the machine's.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
    import cv2  # noqa: PLC0415

    cv2.setNumThreads(int(cores))
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1) as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
        from benchmarks.contenders import load  # noqa: PLC0415

        contender = load(name, store)
        answers.write(json.dumps({"ready": name}) + "\n")
        for line in sys.stdin:
            request = json.loads(line)
            answers.write(json.dumps(PARTS[request["part"]](contender, Path(request["photo"]))) + "\n")


def answer(contender: Contender, photo: Path) -> dict[str, Any]:
    """The whole path, from the photo's bytes to the answer's; and the memory that it took."""
    content = photo.read_bytes()
    (_, faces), times = timed(lambda: contender.answer(content))
    return times | {"faces": faces, **memory()}


def detect(contender: Contender, photo: Path) -> dict[str, Any]:
    """Detection alone."""
    from emotion_bot.vision import decode  # noqa: PLC0415

    rgb = decode(photo.read_bytes())
    detections, times = timed(lambda: contender.detect(rgb))
    return times | {"faces": len(detections), "detections": [asdict(each) for each in detections]}


def classify(contender: Contender, photo: Path) -> dict[str, Any]:
    """Classification alone: the photo's middle stands for a face, as a network sees no difference."""
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    grey = cv2.imdecode(np.frombuffer(photo.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    crop = np.asarray(cv2.resize(grey, (48, 48)) if grey is not None else None, np.uint8)
    return timed(lambda: contender.classify(crop))[1]


def stages(contender: Ours, photo: Path) -> dict[str, float]:
    """Milliseconds of each stage of our path."""
    from benchmarks.stages import shares  # noqa: PLC0415

    content = photo.read_bytes()
    return shares(lambda: contender.answer(content))


PARTS: dict[str, Callable[..., dict[str, Any]]] = {
    each.__name__: each for each in (answer, detect, classify, stages)
}


def timed(work: Callable[[], T]) -> tuple[T, dict[str, float]]:
    """What the work gives, and its milliseconds on the clock and on the processors."""
    clock, processor = perf_counter(), process_time()
    result = work()
    return result, {
        "milliseconds": 1000 * (perf_counter() - clock),
        "processor": 1000 * (process_time() - processor),
    }


def memory() -> dict[str, int]:
    """Bytes that this process has in memory, and had at most."""
    fields = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return {
        name: 1024 * int(fields[field].split()[0]) for name, field in (("rss", "VmRSS"), ("peak", "VmHWM"))
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
