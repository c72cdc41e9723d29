"""The training's stages, one after another: each reads what the one before left in the run's folder."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from emotion_bot.manifest import MANIFEST, CascadeSettings, CropGeometry, Manifest, PackageSettings
from emotion_bot.vision import Recognizer
from training import card, report
from training.data import training_rows
from training.evaluate import TEST_SPLITS, evaluate
from training.fit import fit
from training.network import load
from training.runs import TrainingError, sha256, write_json
from training.threshold import choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from emotion_bot.manifest import Engine
    from emotion_bot.vision import EmotionClassifier
    from training.prepared import Dataset
    from training.recipes import Recipe
    from training.runs import Run

CROP = CropGeometry(
    scale=0.96,
    shift_y=-0.003,
    template=((0.32, 0.392), (0.689, 0.384), (0.502, 0.607), (0.347, 0.777), (0.667, 0.769)),
)
"""How photos are cropped to look like FER-2013's faces: `python -m training geometry` says so."""
SECOND_LOOK = 0.6
"""Best score below which a face is looked at twice, chosen on PublicTest: see docs/experiments.md."""
BATCH = 64


def fit_run(
    data: Dataset,
    name: str,
    recipe: Recipe,
    run: Run,
    *,
    start_from: Path | None = None,
    teachers: Sequence[Path] = (),
) -> None:
    """Train by the recipe of this name, or go on with a run that was cut off, and note what it was made from.

    Raises:
        NotFer2013: too few faces are left to learn from.
        TrainingError: the folder holds a run on other data, or see `fit.fit`.
    """
    _claim(run, data)
    fit(data.splits, recipe, run, start_from=start_from, teachers=teachers)
    last = run.epochs()[-1]
    backend = keras.backend.backend()
    used = {split: data.splits[split].released for split in TEST_SPLITS.values()}
    write_json(
        run.provenance,
        {
            "name": name,
            "recipe": asdict(recipe),
            "start_from": start_from and sha256(start_from),
            "teachers": [sha256(teacher) for teacher in teachers],
            "data_md5": data.data_md5,
            "votes_md5": data.votes_md5,
            "rows": {"Training": len(training_rows(data.splits))}
            | {split: len(rows) for split, rows in used.items()},
            "public_test_accuracy": last.public_accuracy,
            "versions": {
                "python": platform.python_version(),
                "keras": keras.__version__,
                backend: sys.modules[backend].__version__,
                "numpy": np.__version__,
            },
            "date": datetime.now(UTC).date().isoformat(),
        },
    )


def check_backend() -> None:
    """Make sure, before hours of training, that its network can be exported.

    Raises:
        TrainingError: Keras runs on another backend than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise TrainingError(
            f"{keras.backend.backend()} can fit, but only TensorFlow can export; "
            "fit first, then export with KERAS_BACKEND=tensorflow."
        )


def export_run(data: Dataset, run: Run, version: str) -> None:
    """Write both bundles; the manifest of each holds the figures of its own classifier.

    Raises:
        TrainingError: the run is not finished or was trained on other data.
        ExportError: see `export.export`.
    """
    provenance = run.read_json(run.provenance, "fit")
    if provenance["data_md5"] != data.data_md5:
        raise TrainingError(f"{run.folder} was trained on other data; give the CSV that it was trained on.")
    from training.export import export  # noqa: PLC0415 - the other stages run on any backend of Keras

    public, bare = data.splits["PublicTest"].released, provenance["recipe"]["bare"]
    folders = export(load(run.network), run.bundle, public, bare=bare)
    for engine, folder in folders.items():
        files = {file.name: sha256(file) for file in sorted(folder.iterdir()) if file.name != MANIFEST}
        manifest = Manifest(
            version=version,
            engine=engine,
            crop=CROP,
            second_look=0 if bare else SECOND_LOOK,
            detector=CascadeSettings() if engine == "litert" else PackageSettings(),
            metrics={},
            training=provenance,
            files=files,
        )
        _write(_json(manifest), folder / MANIFEST)
    # Measured the way the bot loads them, so first the bundles, then their figures.
    recognizers: dict[Engine, Recognizer] = {
        engine: Recognizer.load(folder) for engine, folder in folders.items()
    }
    # One threshold for both, so that they answer alike.
    hard_to_tell = choose(_scores(recognizers["litert"].classifier, public.crops), public.labels)
    for engine, recognizer in recognizers.items():
        metrics = evaluate(recognizer.classifier, data.splits, engine)
        update = {"metrics": metrics, "hard_to_tell": hard_to_tell}
        _write(_json(recognizer.manifest.model_copy(update=update)), folders[engine] / MANIFEST)


def report_run(run: Run, to: Path | None = None) -> list[Path]:
    """Write the model card and its pictures into the run's folder, and once more into `to`.

    Args:
        run: fitted and exported.
        to: a folder of documents: the card goes there, the pictures into its `pictures`.

    Returns:
        The files written.

    Raises:
        TrainingError: the run is not finished or not exported, or was exported by an earlier version.
    """
    bundle = run.bundle("litert")
    run.read_json(bundle / MANIFEST, "export")
    manifest, network = Manifest.read(bundle), load(run.network)
    epochs = run.epochs()
    facts = card.Facts(
        manifest, network.count_params(), (bundle / "emotion.tflite").stat().st_size, len(epochs)
    )
    try:
        pictures = report.draw(manifest, epochs, network, run.folder)
        text = card.render(facts, {name: file.name for name, file in pictures.items()})
        written = [_write(text, run.folder / card.NAME), *pictures.values()]
        if to:
            (to / "pictures").mkdir(exist_ok=True)
            links = {name: f"pictures/model-{name}.png" for name in pictures}
            written.append(_write(card.render(facts, links), to / card.NAME))
            written += [Path(shutil.copy(file, to / links[name])) for name, file in pictures.items()]
    except KeyError as error:
        raise TrainingError(
            f"{bundle / MANIFEST} has no figure {error}; make it again: python -m training export."
        ) from error
    return written


def _scores(classifier: EmotionClassifier, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    batches = range(0, len(crops), BATCH)
    return np.concatenate([classifier.predict(crops[start : start + BATCH]) for start in batches])


def _json(manifest: Manifest) -> str:
    return manifest.model_dump_json(indent=2) + "\n"


def _claim(run: Run, data: Dataset) -> None:
    """Write down what the run learns from, or check that it is the same as before."""
    digests = {"data_md5": data.data_md5, "votes_md5": data.votes_md5}
    if not run.data.exists():
        run.folder.mkdir(parents=True, exist_ok=True)
        write_json(run.data, digests)
    elif run.read_json(run.data, "fit") != digests:
        raise TrainingError(
            f"{run.folder} holds a run on other data or votes; choose another folder: --run DIR."
        )


def _write(text: str, file: Path) -> Path:
    file.write_text(text, encoding="utf-8")
    return file
