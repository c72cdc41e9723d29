"""FER-2013 as the contest distributed it: one CSV with `emotion`, `pixels` and `Usage`, read and checked."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from emotion_bot.vision.crop import CROP_SIZE, prepare_crop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

# The contest's codes, Goodfellow et al. 2013, "Challenges in Representation Learning".
CODES = {3: "happy", 4: "sad", 6: "neutral", 0: "angry", 1: "disgust", 2: "fear", 5: "surprise"}
CLASSES = tuple(CODES.values())
"""All seven classes; the three that the bot answers come first, in its order."""
RELEASED = 3
"""So many of them the bot answers."""
SPLITS = ("Training", "PublicTest", "PrivateTest")
COLUMNS = ("emotion", "pixels", "Usage")
VOTED = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""What the ten raters of FER+ could see in a face, besides "unknown" and "NF" (no face)."""
RATERS = 10
"""Who voted on each face."""
BALLOT = (*VOTED, "unknown", "NF")
_LABELS = {str(code): CLASSES.index(name) for code, name in CODES.items()}


class NotFer2013(ValueError):
    """The CSV is not FER-2013's; the message names the row and the reason."""


@dataclass(frozen=True)
class Faces:
    """Rows of one split."""

    crops: NDArray[np.uint8]
    """(N, 48, 48)"""
    labels: NDArray[np.int64]
    """(N,): indices into `CLASSES`."""
    votes: NDArray[np.int64]
    """(N, 10): how many raters of FER+ voted for each of `BALLOT`; zeros where their votes were not given."""

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, mask: NDArray[np.bool_]) -> Faces:
        """The rows that the mask, bool (N,), keeps."""
        return Faces(self.crops[mask], self.labels[mask], self.votes[mask])

    @property
    def released(self) -> Faces:
        """The rows that are happy, sad or neutral."""
        return self.where(self.labels < RELEASED)

    def unlike(self, other: Faces) -> NDArray[np.bool_]:
        """Mask, bool (N,): rows whose pixels stand nowhere in `other` (FER-2013 repeats images)."""
        known = {crop.tobytes() for crop in other.crops}
        return np.array([crop.tobytes() not in known for crop in self.crops], dtype=bool)


def read(path: Path, votes: Path | None = None) -> dict[str, Faces]:
    """The official splits of the contest's CSV, in file order.

    Args:
        path: the CSV.
        votes: the CSV of FER+, a row for each of the contest's, in its order.

    Raises:
        NotFer2013: a file is missing, unreadable, or a row is not what the contest or FER+ wrote.
    """
    crops: dict[str, list[NDArray[np.uint8]]] = {split: [] for split in SPLITS}
    labels: dict[str, list[int]] = {split: [] for split in SPLITS}
    usages: list[str] = []
    for crop, label, split in _rows(path):
        usages.append(split)
        crops[split].append(crop)
        labels[split].append(label)
    for split in SPLITS:
        for label, name in enumerate(CLASSES[:RELEASED]):
            if label not in labels[split]:
                raise NotFer2013(f"{path}: not enough rows: no {name} face with Usage {split}")
    order = np.array(usages)
    ballots = read_votes(votes, len(order)) if votes else np.zeros((len(order), len(BALLOT)), np.int64)
    return {
        split: Faces(np.stack(crops[split]), np.array(labels[split]), ballots[order == split])
        for split in SPLITS
    }


def training_rows(splits: dict[str, Faces]) -> Faces:
    """The Training split without constant images and without rows that also stand in a test split.

    Raises:
        NotFer2013: none is left of a class that the bot answers.
    """
    rows = splits["Training"]
    clean = np.ptp(rows.crops, axis=(1, 2)) > 0
    for split in ("PublicTest", "PrivateTest"):
        clean &= rows.unlike(splits[split])
    rows = rows.where(clean)
    for label, name in enumerate(CLASSES[:RELEASED]):
        if label not in rows.labels:
            raise NotFer2013(
                f"not enough rows: every {name} face of Training is constant or stands in a test split too"
            )
    return rows


def read_votes(path: Path, rows: int) -> NDArray[np.int64]:
    """The ballots of FER+, (rows, 10), from its CSV.

    Raises:
        NotFer2013: the file is missing, unreadable, or not one row for each face.
    """
    try:
        with path.open(newline="", encoding="ascii") as file:
            lines = csv.DictReader(file)
            if missing := [name for name in BALLOT if name not in (lines.fieldnames or ())]:
                raise NotFer2013(f"{path}: row 1 has no column {', '.join(missing)}")
            ballots = [[line[name] or "" for name in BALLOT] for line in lines]
    except OSError as error:
        raise NotFer2013(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise NotFer2013(f"{path} is no CSV: {error}") from error
    for number, ballot in enumerate(ballots, start=2):
        if not all(count.isdecimal() and int(count) <= RATERS for count in ballot):
            raise NotFer2013(f"{path}: row {number} has a count of votes that is not 0 to {RATERS}")
    if len(ballots) != rows:
        raise NotFer2013(f"{path} has {len(ballots)} rows for {rows} faces; it is the file of other data")
    return np.array(ballots, dtype=np.int64)


def _rows(path: Path) -> Iterator[tuple[NDArray[np.uint8], int, str]]:
    """Crop, label and split of each row. Rows count from 1, the header."""
    number = 1
    try:
        with path.open(newline="", encoding="ascii") as file:
            # The contest's other edition, icml_face_data.csv, has spaces after its commas.
            rows = csv.DictReader(file, skipinitialspace=True)
            missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise NotFer2013(
                    f"{path}: row 1 has no column {', '.join(missing)}; expected {','.join(COLUMNS)}"
                )
            for row in rows:
                number = rows.line_num
                yield _parse(row)
    except OSError as error:
        raise NotFer2013(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NotFer2013(f"{path}: not plain ASCII text somewhere after row {number}") from error
    except csv.Error as error:
        raise NotFer2013(f"{path}: row {number + 1}: {error}") from error
    except _BadRow as error:
        raise NotFer2013(f"{path}: row {number} {error}") from None


class _BadRow(ValueError):
    """The message says what is wrong with a row."""


def _parse(row: dict[str, str | None]) -> tuple[NDArray[np.uint8], int, str]:
    emotion, pixels, usage = (row[name] for name in COLUMNS)
    if emotion is None or pixels is None or usage is None:
        raise _BadRow("has fewer fields than the header")
    if None in row:
        raise _BadRow("has more fields than the header")
    if emotion not in _LABELS:
        raise _BadRow(f"has the emotion {emotion[:20]!r}, not 0 to 6")
    if usage not in SPLITS:
        raise _BadRow(f"has the Usage {usage[:20]!r}, not one of {', '.join(SPLITS)}")
    try:
        # Five times as fast as split() and int(), and as strict: it raises at what is no whole number.
        values = np.fromstring(pixels, dtype=np.int64, sep=" ")
    except ValueError:
        raise _BadRow("has a pixel that is not a whole number") from None
    if values.size != CROP_SIZE**2:
        raise _BadRow(f"has {values.size} pixels, not {CROP_SIZE**2}")
    if values.min() < 0 or values.max() > 255:
        raise _BadRow("has a pixel outside 0 to 255")
    face = values.astype(np.uint8).reshape(CROP_SIZE, CROP_SIZE)
    return prepare_crop(face), _LABELS[emotion], usage
