"""On a folder of annotated photographs: which faces are found, and how steady their emotion is."""

from __future__ import annotations

import json
from cmath import exp, pi
from collections import Counter
from dataclasses import replace
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.matching import Annotated, Tally, match
from benchmarks.turns import Figures, workers
from emotion_bot.store import open_bundle
from emotion_bot.vision import Detection, Recognizer, decode
from emotion_bot.vision.crop import crop_face

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CONTENDERS = ("litert", "thorough", "tensorflow")
"""Ours at its manifest's settings, ours for smaller faces, and the package: from its arrays, since its
dictionaries round landmarks to whole pixels, which alone changes the emotion of one face in a hundred."""
SHIFT = 0.03
"""Of the box's longer side."""
DIRECTIONS = [exp(2j * pi * eighth / 8) for eighth in range(8)]
LARGE = 40
"""Pixels; what is true of all faces is said of those at least so high besides."""


class NotAnnotated(Exception):
    """The folder is not laid out as it must be; the message is one sentence that says how."""


def measure(store: str, folder: Path, limit: int | None = None) -> Figures:
    """Recall and false positives of each, how often the emotion is the same, and when it changes.

    Raises:
        NotAnnotated: the folder holds no `images/` and `boxes.json`.
        WorkerFailed: one gave up.
    """
    photos = annotated(folder)
    ours = Emotions(Recognizer.load(open_bundle(store)))
    tallies = {name: Tally() for name in CONTENDERS}
    times: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with workers(CONTENDERS, store, 1) as asked:
        for name, faces in islice(sorted(photos.items()), limit):
            photo = folder / "images" / name
            found = {}
            for contender, worker in asked.items():
                said = worker.ask("detect", photo)
                found[contender] = [_detection(each) for each in said["detections"]]
                tallies[contender].add(faces, [each.box for each in found[contender]])
                times[contender].append(said["milliseconds"])
            ours.add(decode(photo.read_bytes()), found["litert"], found["tensorflow"])
    return {
        "photos": tallies["litert"].photos,
        "detectors": {
            name: tally.figures() | {"milliseconds": round(median(times[name]), 2)}
            for name, tally in tallies.items()
        },
        "emotions": ours.figures(),
    }


def annotated(folder: Path) -> dict[str, list[Annotated]]:
    """The faces on each photo, by the name of its file.

    Raises:
        NotAnnotated: the folder holds no `images/` and `boxes.json`.
    """
    try:
        photos = json.loads((folder / "boxes.json").read_bytes())
        return {
            name: [
                Annotated((face["x"], face["y"], face["w"], face["h"]), not face.get("invalid"))
                for face in photo["faces"]
            ]
            for name, photo in photos.items()
            if (folder / "images" / name).is_file()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAnnotated(
            f"{folder} must hold photographs in images/ and a boxes.json, "
            '{"name.jpg": {"faces": [{"x": …, "y": …, "w": …, "h": …}]}}.'
        ) from error


class Emotions:
    """Counts how often the classifier says the same of a face that is boxed a little differently."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._counts: Counter[str] = Counter()

    def add(
        self, rgb: NDArray[np.uint8], detections: Sequence[Detection], theirs: Sequence[Detection]
    ) -> None:
        """One photo: our faces, and the package's."""
        ours = self._say(rgb, detections)
        pairs = match([face.box for face in detections], [face.box for face in theirs])
        others = self._say(rgb, [theirs[other] for _, other in pairs])
        for (one, _), other in zip(pairs, others, strict=True):
            self._count("matched", "same", detections[one], 1, ours[one] == other)
        moved = self._say(rgb, [each for face in detections for each in shifted(face)])
        for face, before, after in zip(detections, ours, moved.reshape(-1, len(DIRECTIONS)), strict=True):
            self._count("shifts", "unmoved", face, len(DIRECTIONS), int((after == before).sum()))
            self._count("faces", "never_moved", face, 1, bool((after == before).all()))

    def _say(self, rgb: NDArray[np.uint8], faces: Sequence[Detection]) -> NDArray[np.intp]:
        """The number of each face's label, (N,)."""
        crops = [crop_face(rgb, face, self._recognizer.manifest.crop) for face in faces]
        scores = self._recognizer.classifier.predict(np.array(crops, np.uint8).reshape(-1, 48, 48))
        return np.asarray(scores.argmax(axis=1))

    def _count(self, whole: str, part: str, face: Detection, of: int, so_many: int) -> None:
        for band in ("all", *(["large"] if face.box[3] >= LARGE else [])):
            self._counts[f"{band} {whole}"] += of
            self._counts[f"{band} {part}"] += so_many

    def figures(self) -> Figures:
        """Shares over all faces, and over the large ones."""
        return {
            band: {
                "matched": self._counts[f"{band} matched"],
                "same": self._share(band, "same", "matched"),
                "faces": self._counts[f"{band} faces"],
                "unmoved": self._share(band, "unmoved", "shifts"),
                "never_moved": self._share(band, "never_moved", "faces"),
            }
            for band in ("all", "large")
        }

    def _share(self, band: str, part: str, whole: str) -> float | None:
        of = self._counts[f"{band} {whole}"]
        return round(self._counts[f"{band} {part}"] / of, 4) if of else None


def shifted(face: Detection) -> Iterable[Detection]:
    """The face as a detector would see it that is off by SHIFT in each of the DIRECTIONS."""
    x, y, width, height = face.box
    for direction in DIRECTIONS:
        step = SHIFT * max(width, height) * direction
        yield replace(
            face,
            box=(round(x + step.real), round(y + step.imag), width, height),
            landmarks=tuple((a + step.real, b + step.imag) for a, b in face.landmarks),
        )


def _detection(said: dict[str, Any]) -> Detection:
    return Detection(tuple(said["box"]), tuple(map(tuple, said["landmarks"])), said["confidence"])
