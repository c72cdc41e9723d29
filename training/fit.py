"""One training run: faces in, a run folder with the network, its log and its settings out."""

from __future__ import annotations

import math
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import keras

from training.augment import AugmentedBatches
from training.data import Faces, training_rows
from training.distill import distilled, taught
from training.network import NETWORKS, load
from training.objective import EmotionLoss, ReleasedAccuracy
from training.progress import Progress
from training.runs import Run, TrainingError, sha256, write_json
from training.targets import targets

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.recipes import Recipe


def fit(
    splits: dict[str, Faces],
    recipe: Recipe,
    run: Run,
    *,
    start_from: Path | None = None,
    teachers: Sequence[Path] = (),
) -> None:
    """Train by `recipe`.

    `run` holds afterwards `config.json`, `log.csv` (one line per epoch) and `model.keras`, as the last epoch
    left it: it ends the cosine, and whichever was best on PublicTest was so by luck. A run that was cut off
    goes on where its last finished epoch ended; a finished one stays as it is. `start_from` is a `.keras`
    file of the same network, whose weights the training begins with; `teachers` are those of other runs, from
    whose predictions it learns besides, see `distill`.

    Raises:
        NotFer2013: no faces are left to train on.
        TrainingError: the folder holds another run, `start_from` or a teacher does not fit, or the training
            diverged.
    """
    keras.utils.set_random_seed(recipe.seed)
    rows = training_rows(splits)
    network, schoolroom = _build(recipe), [load(teacher) for teacher in teachers]
    if start_from:
        _begin_with(network, start_from)
    _claim(run, recipe, start_from, teachers)
    if len(run.epochs()) >= recipe.epochs:
        return
    learned, teach = targets(rows, recipe.label_smoothing), None
    if schoolroom and recipe.consistent:
        teach = partial(taught, teachers=schoolroom, share=recipe.teachers)
    elif schoolroom:
        learned = distilled(learned, rows.crops, schoolroom, recipe.teachers)
    batches = AugmentedBatches(
        rows,
        learned,
        batch=recipe.batch,
        strength=recipe.augmentation,
        spoilt=recipe.spoilt,
        mixup=recipe.mixup,
        others=recipe.others,
        seed=recipe.seed,
        teach=teach,
    )
    public = splits["PublicTest"].released
    network.compile(
        _optimizer(recipe, len(batches)),
        EmotionLoss(recipe.votes),
        metrics=[ReleasedAccuracy(name="accuracy")],
        # For JAX, compiling is what makes it fast; TensorFlow's compiler is slow at convolutions on a CPU.
        jit_compile=keras.backend.backend() == "jax",
    )
    network.fit(
        batches,
        epochs=recipe.epochs,
        validation_data=(public.crops, targets(public)),
        validation_batch_size=256,
        shuffle=False,  # the batches are drawn by the recipe's seed; Keras would not after a cut-off
        verbose=0,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.start_epoch(epoch)),  # noqa: ARG005
            Keep(run),
            Progress(run),
            keras.callbacks.BackupAndRestore(
                run.folder / "backup", delete_checkpoint=False, double_checkpoint=True
            ),
            keras.callbacks.TerminateOnNaN(),
        ],
    )
    done = run.epochs()
    if len(done) < recipe.epochs or not math.isfinite(done[-1].loss):
        raise TrainingError(
            f"{run.folder}: the loss is no number any more; lower the learning rate of the recipe."
        )


def _build(recipe: Recipe) -> keras.Model:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(recipe.precision)
    try:
        return NETWORKS[recipe.network]()
    finally:
        keras.config.set_dtype_policy(before)


def _optimizer(recipe: Recipe, batches: int) -> keras.optimizers.Optimizer:
    """Nesterov's momentum; the learning rate rises for an epoch, then falls along a cosine."""
    steps = recipe.epochs * batches
    warm_up = min(batches, steps // 10)
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20, steps - warm_up, warmup_target=recipe.learning_rate, warmup_steps=warm_up
    )
    return keras.optimizers.SGD(
        schedule, momentum=0.9, nesterov=True, weight_decay=recipe.weight_decay or None
    )


class Keep(keras.callbacks.Callback):  # type: ignore[misc] # Keras has no types
    """Saves the network after each epoch."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002 - Keras'
        """In place of the one before."""
        # Aside first: who kills the process while it writes keeps the network before.
        aside = self._run.network.with_suffix(".part.keras")
        self.model.save(aside)
        aside.replace(self._run.network)


def _begin_with(network: keras.Model, start_from: Path) -> None:
    try:
        network.set_weights(load(start_from).get_weights())
    except ValueError as error:
        raise TrainingError(
            f"{start_from} cannot be started from: it is not of a run with the network {network.name!r}."
        ) from error


def _claim(run: Run, recipe: Recipe, start_from: Path | None, teachers: Sequence[Path]) -> None:
    """Write the run's settings down, or check that they are the same as before."""
    config = {
        "recipe": asdict(recipe),
        "start_from": start_from and sha256(start_from),
        "teachers": [sha256(teacher) for teacher in teachers],
    }
    if run.config.exists():
        if run.read_json(run.config, "fit") != config:
            raise TrainingError(
                f"{run.folder} holds a run with other settings; choose another folder: --run DIR."
            )
        return
    run.folder.mkdir(parents=True, exist_ok=True)
    write_json(run.config, config)
