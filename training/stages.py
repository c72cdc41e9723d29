"""The training's stages, one after another: each reads what the one before left in the run's folder."""

from __future__ import annotations

import hashlib
import platform
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import keras
import numpy as np

from emotion_bot.manifest import MANIFEST, CropGeometry, DetectorSettings, Manifest
from emotion_bot.vision import Recognizer
from training import report
from training.data import read, training_rows
from training.evaluate import TEST_SPLITS, evaluate
from training.fit import fit
from training.runs import TrainingError, sha256, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from training.recipes import Recipe
    from training.runs import Run

CROP = CropGeometry(scale=0.97, shift_y=-0.003)
"""How photos are cropped to look like FER-2013's faces: `python -m training geometry` says so."""


def fit_run(csv: Path, name: str, recipe: Recipe, run: Run, start_from: Path | None) -> None:
    """Train by the recipe of this name, or go on with a run that was cut off, and note what it was made from.

    Raises:
        NotFer2013: see `data.read`.
        TrainingError: see `fit.fit`.
    """
    splits = read(csv)
    fit(splits, recipe, run, start_from=start_from)
    best = run.best()
    backend = keras.backend.backend()
    used = {split: splits[split].released for split in TEST_SPLITS.values()}
    write_json(
        run.provenance,
        {
            "name": name,
            "recipe": asdict(recipe),
            "start_from": start_from and sha256(start_from),
            "data_md5": _md5(csv),
            "rows": {"Training": len(training_rows(splits))}
            | {split: len(rows) for split, rows in used.items()},
            "best_epoch": best.number if best else None,
            "best_public_test_accuracy": best.public_accuracy if best else None,
            "versions": {
                "python": platform.python_version(),
                "keras": keras.__version__,
                backend: sys.modules[backend].__version__,
                "numpy": np.__version__,
            },
            "date": datetime.now(UTC).date().isoformat(),
        },
    )


def export_run(csv: Path, run: Run, version: str) -> None:
    """Write both bundles; the manifest of each holds the figures of its own classifier.

    Raises:
        NotFer2013: see `data.read`.
        TrainingError: the run is not finished or was trained on other data, or the backend is not TensorFlow.
        ExportError: see `export.export`.
    """
    provenance = run.read_json(run.provenance, "fit")
    if provenance["data_md5"] != _md5(csv):
        raise TrainingError(f"{run.folder} was not trained on {csv}; give the CSV that it was trained on.")
    if keras.backend.backend() != "tensorflow":
        raise TrainingError("Only TensorFlow can export; run this stage with KERAS_BACKEND=tensorflow.")
    from training.export import export  # noqa: PLC0415 - the other stages run on any backend of Keras

    splits = read(csv)
    for engine, folder in export(keras.saving.load_model(run.network, compile=False), run.bundle).items():
        manifest = Manifest(
            version=version,
            engine=engine,
            crop=CROP,
            detector=DetectorSettings(),
            metrics={},
            training=provenance,
            files={file.name: sha256(file) for file in sorted(folder.iterdir()) if file.name != MANIFEST},
        )
        # Measured the way the bot loads it, so first the bundle, then its figures.
        _write(manifest, folder)
        metrics = evaluate(Recognizer.load(folder).classifier, splits, engine)
        _write(manifest.model_copy(update={"metrics": metrics}), folder)


def report_run(run: Run) -> list[Path]:
    """Draw the curves, the confusion matrix and the network into the run's folder.

    Raises:
        TrainingError: the run is not finished, or not exported.
    """
    manifest = run.read_json(run.bundle("litert") / MANIFEST, "export")
    network = keras.saving.load_model(run.network, compile=False)
    pictures = [run.folder / f"{name}.png" for name in ("curves", "confusion", "network")]
    report.draw_curves(run.epochs(), pictures[0])
    report.draw_confusion(manifest["metrics"]["private_test"], pictures[1])
    report.draw_network(network, pictures[2])
    return pictures


def _write(manifest: Manifest, folder: Path) -> None:
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _md5(file: Path) -> str:
    """The digest by which the contest's file is known."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "md5").hexdigest()
