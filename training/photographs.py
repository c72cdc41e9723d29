"""Figures of the whole bot on a person's own photographs, sorted into a folder per label."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from emotion_bot.manifest import LABELS
from emotion_bot.vision import PhotoError
from emotion_bot.vision.decoding import MAX_BYTES
from training.runs import TrainingError

if TYPE_CHECKING:
    from pathlib import Path

    from emotion_bot.vision import Face, Recognizer

NO_FACE: Final = "no face"
"""The last column of the confusion."""


@dataclass(frozen=True)
class Mistake:
    """A photograph that was not answered with its label."""

    file: str
    """Path within the folder."""
    label: str
    answered: str | None
    """An emotion, or two, as in "neutral or sad"; None where no face was found."""
    score: float | None
    """Of the best emotion; None where no face was found."""


@dataclass(frozen=True)
class Unreadable:
    """A file that the bot cannot read, and why; it counts neither as right nor as wrong."""

    file: str
    reason: str


@dataclass(frozen=True)
class PhotographFigures:
    """How often the largest face of a photograph gets the photograph's label."""

    photos: int
    accuracy: float
    recall: dict[str, float | None]
    """Of each label: the share of its photographs that got it; None where it has none."""
    missed: int
    """Photographs without a face, says the bot: each counts as wrong."""
    confusion: list[list[int]]
    """Photographs by label (row) and best emotion (column), in the bot's order; last column: NO_FACE."""
    mistakes: list[Mistake]
    unreadable: list[Unreadable]


def evaluate_folder(folder: Path, recognizer: Recognizer) -> PhotographFigures:
    """The figures on all files under `folder`/happy, /sad and /neutral, in any format that the bot takes.

    Hidden files and folders, whose names begin with a dot, are passed over.

    Raises:
        TrainingError: there is another folder or no photograph, or the folder cannot be read.
    """
    answers: list[tuple[str, str, Face | None]] = []
    unreadable: list[Unreadable] = []
    with click.progressbar(_files(folder), label="Looking at photographs", file=sys.stderr) as files:
        for file, label in files:
            name = file.relative_to(folder).as_posix()
            try:
                answers.append((name, label, _largest_face(file, recognizer)))
            except PhotoError as error:
                unreadable.append(Unreadable(name, str(error)))
            except OSError as error:
                unreadable.append(Unreadable(name, error.strerror or str(error)))
    if not answers:
        raise TrainingError(
            f"{folder} holds no photograph that can be read; put some into folders named {', '.join(LABELS)}."
        )
    return _figures(answers, unreadable)


def _figures(answers: list[tuple[str, str, Face | None]], unreadable: list[Unreadable]) -> PhotographFigures:
    """From the file, the label and the largest face of each photograph."""
    counts = {label: dict.fromkeys((*LABELS, NO_FACE), 0) for label in LABELS}
    for _, label, face in answers:
        counts[label][face.emotion if face else NO_FACE] += 1
    photos = {label: sum(row.values()) for label, row in counts.items()}
    return PhotographFigures(
        photos=len(answers),
        accuracy=sum(counts[label][label] for label in LABELS) / len(answers),
        recall={label: counts[label][label] / photos[label] if photos[label] else None for label in LABELS},
        missed=sum(row[NO_FACE] for row in counts.values()),
        confusion=[list(row.values()) for row in counts.values()],
        mistakes=[
            Mistake(file, label, " or ".join(face.candidates), face.scores[face.emotion])
            if face
            else Mistake(file, label, None, None)
            for file, label, face in answers
            if face is None or face.emotion != label
        ],
        unreadable=unreadable,
    )


def table(figures: PhotographFigures) -> str:
    """The figures for a person to read."""
    columns = (*LABELS, NO_FACE)
    lines = [
        f"{'photographs':24}{figures.photos:>10,}",
        f"{'accuracy':24}{figures.accuracy:>10.1%}",
        *(f"{f'recall {label}':24}{_percent(recall):>10}" for label, recall in figures.recall.items()),
        f"{'no face found':24}{figures.missed:>10,}",
        f"{'not readable, left out':24}{len(figures.unreadable):>10,}",
        "",
        "Photographs, label by answer",
        f"{'':10}" + "".join(f"{name:>9}" for name in columns),
    ]
    for label, row in zip(LABELS, figures.confusion, strict=True):
        lines.append(f"{label:10}" + "".join(f"{count:>9,}" for count in row))
    if figures.mistakes:
        lines += ["", "Mistakes"]
        lines += [
            f"  {mistake.file}: {mistake.label}, answered {_answer(mistake)}" for mistake in figures.mistakes
        ]
    if figures.unreadable:
        lines += ["", "Not readable"]
        lines += [f"  {left_out.file}: {left_out.reason}" for left_out in figures.unreadable]
    return "\n".join(lines)


def _files(folder: Path) -> list[tuple[Path, str]]:
    """Each file and its label."""
    try:
        folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        for labelled in folders:
            if labelled.name not in LABELS:
                raise TrainingError(
                    f"{labelled} is not named after a label of the bot, {', '.join(LABELS)}; "
                    "rename it or move it elsewhere."
                )
        return [
            (file, labelled.name)
            for labelled in folders
            for file in sorted(labelled.rglob("*"))
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        ]
    except OSError as error:
        raise TrainingError(f"{folder} cannot be read: {error.strerror}") from error


def _largest_face(file: Path, recognizer: Recognizer) -> Face | None:
    """The face with the largest box."""
    with file.open("rb") as opened:
        # One byte too many already makes it too large, however long a video goes on.
        photo = opened.read(MAX_BYTES + 1)
    faces = recognizer.recognize(photo).faces
    return max(faces, key=lambda face: face.box[2] * face.box[3], default=None)


def _answer(mistake: Mistake) -> str:
    if mistake.answered is None or mistake.score is None:
        return NO_FACE
    return f"{mistake.answered} {mistake.score:.0%}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
