"""One training run: faces in, a run folder with the best network, its log and its settings out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import keras
import numpy as np

from training.augment import AugmentedBatches
from training.data import CLASSES, Faces, training_rows
from training.network import NETWORKS
from training.objective import EmotionLoss, ReleasedAccuracy
from training.progress import Progress
from training.runs import Run, TrainingError, sha256, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from training.recipes import Recipe


def fit(splits: dict[str, Faces], recipe: Recipe, run: Run, *, start_from: Path | None = None) -> None:
    """Train by `recipe`, and keep the epoch that is best on PublicTest.

    `run` holds afterwards `config.json`, `log.csv` (one line per epoch) and `model.keras`. A run that was cut
    off goes on where its last finished epoch ended; a finished one stays as it is. `start_from` is a `.keras`
    file of the same network, whose weights the training begins with.

    Raises:
        NotFer2013: no faces are left to train on.
        TrainingError: the folder holds another run, `start_from` does not fit, or the training diverged.
    """
    keras.utils.set_random_seed(recipe.seed)
    batches = AugmentedBatches(
        training_rows(splits),
        batch=recipe.batch,
        strength=recipe.augmentation,
        others=recipe.others,
        seed=recipe.seed,
    )
    public = splits["PublicTest"].released
    network = NETWORKS[recipe.network]()
    if start_from:
        _begin_with(network, start_from)
    _claim(run, recipe, start_from)

    steps = recipe.epochs * len(batches)
    warm_up = min(len(batches), steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20, steps - warm_up, warmup_target=recipe.learning_rate, warmup_steps=warm_up
    )
    optimizer = keras.optimizers.SGD(
        schedule, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay or None
    )
    loss, accuracy = EmotionLoss(recipe.label_smoothing), ReleasedAccuracy(name="accuracy")
    network.compile(optimizer, loss, metrics=[accuracy], jit_compile=False)
    best = run.best()
    network.fit(
        batches,
        epochs=recipe.epochs,
        validation_data=(public.crops, np.eye(len(CLASSES), dtype=np.float32)[public.labels]),
        validation_batch_size=256,
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.start_epoch(epoch)),  # noqa: ARG005
            keras.callbacks.ModelCheckpoint(
                run.network,
                monitor="val_accuracy",
                mode="max",
                save_best_only=True,
                # A run that goes on must not replace its best network by the first one that comes.
                initial_value_threshold=best.public_accuracy if best else None,
            ),
            Progress(run),
            keras.callbacks.BackupAndRestore(run.folder / "backup", delete_checkpoint=False),
            keras.callbacks.TerminateOnNaN(),
        ],
    )
    if len(run.epochs()) < recipe.epochs or not run.network.exists():
        raise TrainingError(
            f"{run.folder}: the loss is no number any more; lower the learning rate of the recipe."
        )


def _begin_with(network: keras.Model, start_from: Path) -> None:
    try:
        network.set_weights(keras.saving.load_model(start_from, compile=False).get_weights())
    except (OSError, ValueError, TypeError) as error:
        raise TrainingError(
            f"{start_from} cannot be started from: it has to be the model.keras of a run with the network "
            f"{network.name!r}."
        ) from error


def _claim(run: Run, recipe: Recipe, start_from: Path | None) -> None:
    """Write the run's settings down, or check that they are the same as before."""
    config = {"recipe": asdict(recipe), "start_from": start_from and sha256(start_from)}
    if run.config.exists():
        if run.read_json(run.config, "fit") != config:
            raise TrainingError(
                f"{run.folder} holds a run with other settings; choose another folder: --run DIR."
            )
        return
    run.folder.mkdir(parents=True, exist_ok=True)
    write_json(run.config, config)
