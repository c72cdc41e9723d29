"""The model card: the prose is a template, every number comes from the manifest and the run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from training.data import CLASSES, RELEASED
from training.degrade import NAMES
from training.evaluate import BINS, MAJORITY, TEST_SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from emotion_bot.manifest import Manifest

TEMPLATE = Path(__file__).with_name("model-card.template.md")
NAME = "model-card.md"
LABELS = CLASSES[:RELEASED]
SPLITS = tuple(TEST_SPLITS)


@dataclass(frozen=True)
class Facts:
    """What a card is made from."""

    manifest: Manifest
    """Of the LiteRT bundle."""
    parameters: int
    """Of the trained network."""
    size: int
    """Bytes of `emotion.tflite`."""
    epochs: int
    """Finished in the run."""


def render(facts: Facts, pictures: Mapping[str, str]) -> str:
    """The card in Markdown; `pictures` says where each of `report.PICTURES` lies, seen from it.

    Raises:
        KeyError: the manifest lacks a figure, so an earlier version of the training wrote it.
    """
    manifest, provenance = facts.manifest, facts.manifest.training
    recipe, private = provenance["recipe"], manifest.metrics["private_test"]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        pictures,
        version=manifest.version,
        second_look=_second_look(manifest.second_look),
        date=provenance["date"],
        parameters=f"{facts.parameters:,}",
        size=f"{facts.size:,} bytes",
        private_accuracy=_percent(private["accuracy"]),
        private_leak_free=_percent(private["leak_free_accuracy"]),
        private_rows=f"{private['rows']:,}",
        public_rows=f"{manifest.metrics['public_test']['rows']:,}",
        training_rows=f"{provenance['rows']['Training']:,}",
        data_md5=provenance["data_md5"],
        votes_sentence=_votes(provenance),
        figures_table=_figures(manifest.metrics),
        majority=MAJORITY,
        margin=_margin(private["accuracy"], private["rows"]),
        mistakes=_mistakes(private["confusion"]),
        calibration=_calibration(private, manifest.hard_to_tell),
        degraded_table=_degraded(manifest.metrics),
        degraded_sentence=_worst(private),
        learning=_learning(provenance),
        recipe_table="\n".join(f"| `{name}` | {value} |" for name, value in recipe.items()),
        recipe=provenance["name"],
        seed=recipe["seed"],
        epochs=facts.epochs,
        public_in_training=_percent(provenance["public_test_accuracy"]),
        versions=", ".join(f"{tool} {version}" for tool, version in provenance["versions"].items()),
        sha256=manifest.files["emotion.tflite"],
    )


def _margin(accuracy: float, rows: int) -> str:
    """Half of the 95 % interval of a share (normal approximation), in points."""
    return f"{100 * 1.96 * math.sqrt(accuracy * (1 - accuracy) / rows):.1f}"


def _votes(provenance: Mapping[str, Any]) -> str:
    if provenance["votes_md5"] is None:
        return "The votes of FER+ were not used."
    return f"The votes of FER+ came from a CSV with the MD5 `{provenance['votes_md5']}`."


def _second_look(below: float) -> str:
    if not below:
        return ""
    return f"; where the best is below {_percent(below)}, the mean over the face and its mirror image"


def _figures(metrics: Mapping[str, Any]) -> str:
    splits = [metrics[split] for split in SPLITS]

    def agreement(key: str) -> list[str]:
        return [
            f"{_percent(split[key]['accuracy'])} of {split[key]['rows']:,}" if split[key] else "–"
            for split in splits
        ]

    return _table(
        ("", *TEST_SPLITS.values()),
        [
            ("faces", *(f"{split['rows']:,}" for split in splits)),
            ("**accuracy**", *(f"**{_percent(split['accuracy'])}**" for split in splits)),
            (
                "on faces that are not in Training",
                *(
                    f"{_percent(split['leak_free_accuracy'])} of {split['leak_free_rows']:,}"
                    for split in splits
                ),
            ),
            *(
                (f"recall of {name}", *(_percent(split["recall"][name]) for split in splits))
                for name in LABELS
            ),
            (f"expected calibration error, {BINS} bins", *(f"{split['ece']:.3f}" for split in splits)),
            ("agreement with FER+", *agreement("ferplus")),
            ("the same, where FER-2013 says one of the three", *agreement("ferplus_released")),
        ],
    )


def _mistakes(confusion: list[list[int]]) -> str:
    """In words: which pair is confused most, each kind of mistake, and what an answer is worth."""
    every = range(RELEASED)
    wrong = sum(confusion[true][said] for true in every for said in every if true != said)
    if not wrong:
        return "It makes none on PrivateTest."
    shared = {
        pair: confusion[pair[0]][pair[1]] + confusion[pair[1]][pair[0]] for pair in combinations(every, 2)
    }
    first, second = max(shared, key=lambda pair: shared[pair])
    kinds = sorted(
        ((confusion[true][said], true, said) for true in every for said in every if true != said),
        reverse=True,
    )
    lines = [
        f"- {count:,} of {sum(confusion[true]):,} {LABELS[true]} faces "
        f"({_percent(count / sum(confusion[true]))}) are taken for {LABELS[said]}."
        for count, true, said in kinds
        if count
    ]
    worth = ", ".join(
        f"{LABELS[said]} {_percent(confusion[said][said] / answered)}"
        for said in every
        if (answered := sum(confusion[true][said] for true in every))
    )
    most = (
        f"Of its {wrong:,} mistakes on PrivateTest, {shared[first, second]:,} "
        f"({_percent(shared[first, second] / wrong)}) lie between {LABELS[first]} and {LABELS[second]}:"
    )
    return "\n".join([most, "", *lines, "", f"How often an answer is right: {worth}."])


def _calibration(split: Mapping[str, Any], hard_to_tell: float) -> str:
    """The diagram in words."""
    filled = [each for each in split["reliability"] if each["faces"]]
    surest = filled[-1]
    words = (
        f"Each dot is the faces whose best score lies in one of {BINS} equal parts of the scale, larger "
        "where they are more. On the dashed line the score is how often it is right. The mean distance from "
        f"it, the expected calibration error, is {split['ece']:.3f}. Of its surest {surest['faces']:,} "
        f"answers, {_percent(surest['accuracy'])} are right, where it says {_percent(surest['confidence'])}."
    )
    if hard_to_tell:
        words += (
            f" A face whose best score is below {_percent(hard_to_tell)} is answered with two words: hard to "
            "tell. This threshold was chosen on PublicTest."
        )
    return words


def _degraded(metrics: Mapping[str, Any]) -> str:
    def cell(split: Mapping[str, Any], condition: str) -> str:
        accuracy = split["degraded"][condition]
        return f"{_percent(accuracy)} ({100 * (accuracy - split['accuracy']):+.1f})"

    return _table(
        ("", *TEST_SPLITS.values()),
        [(name, *(cell(metrics[split], condition) for split in SPLITS)) for condition, name in NAMES.items()],
    )


def _worst(split: Mapping[str, Any]) -> str:
    condition = min(NAMES, key=lambda name: split["degraded"][name])
    lost = 100 * (split["accuracy"] - split["degraded"][condition])
    return f"What costs most on PrivateTest is “{NAMES[condition]}”: {lost:.1f} points."


def _learning(provenance: Mapping[str, Any]) -> str:
    """What the targets were made of."""
    recipe, teachers = provenance["recipe"], provenance["teachers"]
    words = "It learned the seven labels of FER-2013, and apart from them the three that the bot answers"
    if recipe["votes"] and provenance["votes_md5"]:
        words += ", and how the ten raters of FER+ had voted on each face"
    words += "."
    if teachers:
        words += (
            f" By {_percent(recipe['teachers'])} the labels were the mean answer of {len(teachers)} networks "
            "trained before it (distillation, Hinton et al. 2015, arXiv:1503.02531)."
        )
        if recipe["consistent"]:
            words += (
                " They looked at the very copy of a face that it learned from "
                "(Beyer et al. 2022, arXiv:2106.05237)."
            )
    return words


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
