"""Figures of a classifier on FER-2013's two test splits, PublicTest and PrivateTest."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from training import degrade
from training.data import BALLOT, CLASSES, RATERS, RELEASED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from emotion_bot.vision import EmotionClassifier
    from training.data import Faces

BATCH = 64
BINS = 15
"""Of the calibration, as in Guo et al. 2017, arXiv:1706.04599."""
TEST_SPLITS = {"public_test": "PublicTest", "private_test": "PrivateTest"}
MAJORITY = 6
"""Of the RATERS of FER+ (Barsoum et al. 2016, arXiv:1608.01041)."""
MEANT = [BALLOT.index(name) for name in ("happiness", "sadness", "neutral")]
"""FER+'s columns of the three classes that the bot answers."""


@dataclass(frozen=True)
class Bin:
    """The faces whose best score falls into one of BINS equal parts of 0 to 1; None where there are none."""

    faces: int
    confidence: float | None
    """Their mean best score."""
    accuracy: float | None


@dataclass(frozen=True)
class Agreement:
    """How often the answer is what most raters of FER+ saw."""

    rows: int
    accuracy: float


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
    """Expected calibration error: the bins' gaps between confidence and accuracy, weighted by their faces."""
    confusion: list[list[int]]
    """Faces by true class (row) and predicted class (column), in the order of the labels."""
    reliability: list[Bin]
    """From the least confident faces to the most."""
    ferplus: Agreement | None
    """On the rows, whatever FER-2013 calls them, where MAJORITY raters see one of the three; None without."""
    ferplus_released: Agreement | None
    """On those of them that FER-2013, too, calls happy, sad or neutral."""
    degraded: dict[str, float]
    """Accuracy on a copy of the faces in each of `degrade.CONDITIONS`."""


def evaluate(classifier: EmotionClassifier, splits: dict[str, Faces], name: str) -> dict[str, Any]:
    """`Figures` of both test splits as plain dictionaries, under the keys of `TEST_SPLITS`.

    `name` is what the progress bar calls the classifier.
    """
    return {
        key: asdict(measure(classifier, splits[split], splits["Training"], f"{name} on {split}"))
        for key, split in TEST_SPLITS.items()
    }


def measure(classifier: EmotionClassifier, split: Faces, training: Faces, title: str) -> Figures:
    """The figures of one split; `title` is what the progress bar says."""
    released = split.labels < RELEASED
    agreed = split.votes[:, MEANT].max(axis=1) >= MAJORITY
    asked, faces = split.where(released | agreed), split.released
    copies = {name: change(faces.crops) for name, change in degrade.CONDITIONS.items()}
    answers = _predict(classifier, {"": asked.crops} | copies, title)
    everything = answers.pop("")
    scores = everything[asked.labels < RELEASED]
    predicted = scores.argmax(axis=1)
    hits = predicted == faces.labels
    fresh = faces.unlike(training)
    confusion = np.zeros((RELEASED, RELEASED), dtype=np.int64)
    np.add.at(confusion, (faces.labels, predicted), 1)
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
        reliability=reliability(scores.max(axis=1), hits),
        ferplus=_agreement(everything, asked.votes),
        ferplus_released=_agreement(scores, faces.votes),
        degraded={
            name: float((found.argmax(axis=1) == faces.labels).mean()) for name, found in answers.items()
        },
    )


def reliability(confidences: NDArray[np.float32], hits: NDArray[np.bool_], bins: int = BINS) -> list[Bin]:
    """Confidence and accuracy by confidence; a score on the border of two bins belongs to the lower."""
    bin_of = np.clip(np.ceil(confidences * bins).astype(int) - 1, 0, bins - 1)
    return [
        Bin(int(inside.sum()), float(confidences[inside].mean()), float(hits[inside].mean()))
        if inside.any()
        else Bin(0, None, None)
        for inside in (bin_of == number for number in range(bins))
    ]


def calibration_error(confidences: NDArray[np.float32], hits: NDArray[np.bool_], bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over equally wide bins, weighted by their faces."""
    gaps = sum(
        each.faces * abs(each.confidence - each.accuracy)
        for each in reliability(confidences, hits, bins)
        if each.confidence is not None and each.accuracy is not None
    )
    return float(gaps / len(hits))


def _predict(
    classifier: EmotionClassifier, looks: Mapping[str, NDArray[np.uint8]], title: str
) -> dict[str, NDArray[np.float32]]:
    """The scores, (N, 3), for each set of crops."""
    batches = [(look, start) for look, crops in looks.items() for start in range(0, len(crops), BATCH)]
    scores: dict[str, list[NDArray[np.float32]]] = {look: [] for look in looks}
    with click.progressbar(batches, label=f"Evaluating {title}", file=sys.stderr) as bar:
        for look, start in bar:
            scores[look].append(classifier.predict(looks[look][start : start + BATCH]))
    return {look: np.concatenate(parts) for look, parts in scores.items()}


def _agreement(scores: NDArray[np.float32], votes: NDArray[np.int64]) -> Agreement | None:
    """With the majority, on the rows that have one."""
    meant = votes[:, MEANT]
    agreed = meant.max(axis=1) >= MAJORITY
    if not agreed.any():
        return None
    hits = scores[agreed].argmax(axis=1) == meant[agreed].argmax(axis=1)
    return Agreement(len(hits), float(hits.mean()))


def table(figures: dict[str, Any]) -> str:
    """What `evaluate` gave, for a person to read."""
    columns = [shown(figures[key]) for key in TEST_SPLITS]
    private, labels = figures["private_test"], CLASSES[:RELEASED]
    lines = [f"{'':38}" + "".join(f"{split:>16}" for split in TEST_SPLITS.values())]
    lines += [f"{name:38}" + "".join(f"{column[name]:>16}" for column in columns) for name in columns[0]]
    lines += ["", f"{'PrivateTest by confidence':26}{'faces':>8}{'confidence':>12}{'accuracy':>10}"]
    lines += [
        f"{f'{number / BINS:.2f} to {(number + 1) / BINS:.2f}':26}{each['faces']:>8,}"
        f"{each['confidence']:>12.1%}{each['accuracy']:>10.1%}"
        for number, each in enumerate(private["reliability"])
        if each["faces"]
    ]
    lines += ["", "PrivateTest, true class by predicted class"]
    lines += [f"{'':10}" + "".join(f"{name:>9}" for name in labels)]
    lines += [
        f"{name:10}" + "".join(f"{count:>9,}" for count in row)
        for name, row in zip(labels, private["confusion"], strict=True)
    ]
    return "\n".join(lines)


def shown(figures: dict[str, Any]) -> dict[str, str]:
    """The figures of one split, `Figures` as a dictionary, by name as a person reads them."""
    voted = {
        f"agreement with FER+, {MAJORITY} votes of {RATERS}": figures["ferplus"],
        "  on happy, sad, neutral in FER-2013": figures["ferplus_released"],
    }
    return {
        "faces": f"{figures['rows']:,}",
        "accuracy": f"{figures['accuracy']:.1%}",
        "  on faces that are not in Training": _percent(figures["leak_free_accuracy"]),
        **{f"recall {name}": f"{recall:.1%}" for name, recall in figures["recall"].items()},
        f"calibration error ({BINS} bins)": f"{figures['ece']:.3f}",
        **{
            name: f"{each['accuracy']:.1%} of {each['rows']:,}" if each else "-"
            for name, each in voted.items()
        },
        **{
            f"if {name}": f"{found:.1%} ({100 * (found - figures['accuracy']):+.1f})"
            for key, name in degrade.NAMES.items()
            for found in [figures["degraded"][key]]
        },
    }


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
