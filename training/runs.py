"""What a run folder holds: the settings, the log, the network, and what is made from them."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from emotion_bot.manifest import Engine


class TrainingError(Exception):
    """The person who trains has to change something; the message is one sentence that says what."""


@dataclass(frozen=True)
class Epoch:
    """One line of the log. Accuracies are shares of the happy, sad and neutral faces."""

    number: int
    """Counts from 1."""
    accuracy: float
    loss: float
    public_accuracy: float
    public_loss: float


LOGGED = ("accuracy", "loss", "val_accuracy", "val_loss")
"""Keras' names of an epoch's figures, in the order of `Epoch`."""


@dataclass(frozen=True)
class Run:
    """A run's folder."""

    folder: Path

    @property
    def config(self) -> Path:
        """The recipe, so that another one is not mixed in."""
        return self.folder / "config.json"

    @property
    def data(self) -> Path:
        """Digests of what it learns from, so that other data are not mixed in."""
        return self.folder / "data.json"

    @property
    def log(self) -> Path:
        """One line per epoch."""
        return self.folder / "log.csv"

    @property
    def network(self) -> Path:
        """As the last finished epoch left it."""
        return self.folder / "model.keras"

    @property
    def provenance(self) -> Path:
        """Data, recipe, tools: what the manifest says about the training."""
        return self.folder / "provenance.json"

    def bundle(self, engine: Engine) -> Path:
        """The exported files of an engine."""
        return self.folder / "bundles" / engine

    def add(self, epoch: Epoch) -> None:
        """Append an epoch to the log; opened and closed each time, so that a cut-off loses nothing."""
        new = not self.log.exists()
        with self.log.open("a", newline="", encoding="ascii") as file:
            rows = csv.writer(file, lineterminator="\n")
            if new:
                rows.writerow(("epoch", *LOGGED))
            rows.writerow((epoch.number - 1, *astuple(epoch)[1:]))  # from 0, as Keras counts

    def epochs(self) -> list[Epoch]:
        """The finished epochs, in order; of one that was cut off and run again, the second time."""
        if not self.log.exists():
            return []
        with self.log.open(newline="", encoding="ascii") as file:
            rows = {int(row["epoch"]): row for row in csv.DictReader(file)}
        return [
            Epoch(number + 1, *(float(row[name]) for name in LOGGED)) for number, row in sorted(rows.items())
        ]

    def read_json(self, file: Path, made_by: str) -> dict[str, Any]:
        """A JSON file of this run.

        Raises:
            TrainingError: it is not there yet; the message names the command that makes it.
        """
        try:
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise TrainingError(f"{file} is missing; make it first: python -m training {made_by}.") from None
        return content


def write_json(file: Path, content: object) -> None:
    """Indented, so that a person can read it."""
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def sha256(file: Path) -> str:
    """A file's digest, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
