"""Figures of a classifier on FER-2013's two test splits, PublicTest and PrivateTest."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from training.data import CLASSES, RELEASED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.vision import EmotionClassifier
    from training.data import Faces

BATCH = 64
TEST_SPLITS = {"public_test": "PublicTest", "private_test": "PrivateTest"}


@dataclass(frozen=True)
class Figures:
    """How well one split's happy, sad and neutral faces are told apart."""

    rows: int
    accuracy: float
    leak_free_rows: int
    """Those whose pixels do not stand in Training too."""
    leak_free_accuracy: float | None
    """None where there are no such rows."""
    recall: dict[str, float]
    """Of each class: the share of its faces that are found."""
    ece: float
    """Expected calibration error over 15 bins (Guo et al. 2017, arXiv:1706.04599)."""
    confusion: list[list[int]]
    """Faces by true class (row) and predicted class (column), in the order of the labels."""


def evaluate(classifier: EmotionClassifier, splits: dict[str, Faces], name: str) -> dict[str, Any]:
    """`Figures` of both test splits as plain dictionaries, under the keys of `TEST_SPLITS`.

    `name` is what the progress bar calls the classifier.
    """
    return {
        key: asdict(_figures(classifier, splits[split].released, splits["Training"], f"{name} on {split}"))
        for key, split in TEST_SPLITS.items()
    }


def _figures(classifier: EmotionClassifier, faces: Faces, training: Faces, title: str) -> Figures:
    starts = range(0, len(faces), BATCH)
    with click.progressbar(starts, label=f"Evaluating {title}", file=sys.stderr) as batches:
        scores = np.concatenate([classifier.predict(faces.crops[start : start + BATCH]) for start in batches])
    predicted = scores.argmax(axis=1)
    hits = predicted == faces.labels
    confusion = np.zeros((RELEASED, RELEASED), dtype=np.int64)
    np.add.at(confusion, (faces.labels, predicted), 1)
    fresh = faces.unlike(training)
    return Figures(
        rows=len(faces),
        accuracy=float(hits.mean()),
        leak_free_rows=int(fresh.sum()),
        leak_free_accuracy=float(hits[fresh].mean()) if fresh.any() else None,
        recall={
            name: float(hits[faces.labels == label].mean()) for label, name in enumerate(CLASSES[:RELEASED])
        },
        ece=calibration_error(scores.max(axis=1), hits),
        confusion=confusion.tolist(),
    )


def calibration_error(confidences: NDArray[np.float32], hits: NDArray[np.bool_], bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over equally wide bins, weighted by their faces."""
    bin_of = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    faces = np.bincount(bin_of, minlength=bins)
    confident = np.bincount(bin_of, weights=confidences, minlength=bins)
    right = np.bincount(bin_of, weights=hits, minlength=bins)
    return float(np.abs(confident - right).sum() / faces.sum())


def table(figures: dict[str, Any]) -> str:
    """The figures for a person to read."""
    labels = CLASSES[:RELEASED]
    columns = [figures[name] for name in TEST_SPLITS]
    lines = [
        ("", *TEST_SPLITS.values()),
        ("faces", *(f"{split['rows']:,}" for split in columns)),
        ("accuracy", *(f"{split['accuracy']:.1%}" for split in columns)),
        (
            "  on faces that are not in Training",
            *(_percent(split["leak_free_accuracy"]) for split in columns),
        ),
        *((f"recall {name}", *(f"{split['recall'][name]:.1%}" for split in columns)) for name in labels),
        ("calibration error (15 bins)", *(f"{split['ece']:.3f}" for split in columns)),
    ]
    text = [f"{name:36}{public:>12}{private:>13}" for name, public, private in lines]
    text += [
        "",
        "PrivateTest, true class by predicted class",
        f"{'':10}" + "".join(f"{name:>9}" for name in labels),
    ]
    for name, row in zip(labels, columns[1]["confusion"], strict=True):
        text.append(f"{name:10}" + "".join(f"{count:>9,}" for count in row))
    return "\n".join(text)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
