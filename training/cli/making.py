"""Commands that make a bundle: the data prepared, a network fitted, exported and reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emotion_bot.store import release
from training import inventory, prepared
from training.cli import options
from training.cli.releasing import publish_run
from training.recipes import RECIPES
from training.runs import Run, TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from training.prepared import Dataset


def _fitting(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a training."""
    for option in (
        options.epochs,
        options.teacher,
        options.start_from,
        options.run,
        options.recipe,
        options.votes,
        options.csv,
    ):
        command = option(command)
    return command


@click.command()
@_fitting
@options.store
@options.version
@options.promote
def train(
    *,
    csv: Path,
    votes: Path | None,
    recipe: str,
    run: Path | None,
    start_from: Path | None,
    teachers: tuple[Path, ...],
    epochs: int | None,
    store: str,
    version: str | None,
    promote: bool,
) -> None:
    """Fit, export, report and publish, all in one.

    Whatever can be known to fail is said before the training begins: a fault in the data, a version that the
    store holds already, a backend that cannot export. Cut off, it goes on after its last finished epoch.

    \b
    python -m training train --csv fer2013.csv --store models
    python -m training train --csv fer2013.npz --recipe seed --epochs 2 --no-promote
    """
    from training import stages  # noqa: PLC0415 - Keras takes seconds, and --help should not

    folder, version = options.run_of(run, recipe), options.version_of(version, recipe)
    stages.check_backend()
    release.check_free(store, version)
    data = prepared.load(csv, votes)
    _fit(data, recipe, folder, epochs=epochs, start_from=start_from, teachers=teachers)
    stages.export_run(data, folder, version)
    _report(folder, None)
    publish_run(folder, store, promote=promote, force=False)


@click.command()
@options.csv
@options.votes
@click.option(
    "--out",
    default="fer2013.npz",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write.",
)
def prepare(csv: Path, votes: Path | None, out: Path) -> None:
    """Check the data, and pack it into one file.

    Every row is checked; the first that is not the contest's, or not FER+'s, is named with its fault, and
    nothing is written. The table says what each split holds, and which faces training leaves out. The file
    holds all of them, the votes and the CSV's MD5. Every other command takes it for the CSV, and opens it in
    an instant.

    \b
    python -m training prepare --csv fer2013.csv --votes votes.csv --out fer2013.npz
    """
    if out.exists() and any(given and out.samefile(given) for given in (csv, votes)):
        raise TrainingError(f"{out} is what is to be read; choose another file to write: --out FILE.")
    data = prepared.load(csv, votes)
    table = inventory.table(data.splits)
    prepared.save(data, out)
    click.echo(table)
    click.echo(f"\n{out} holds it now; give it as --csv to the other commands.", err=True)


@click.command()
@_fitting
def fit(
    *,
    csv: Path,
    votes: Path | None,
    recipe: str,
    run: Path | None,
    start_from: Path | None,
    teachers: tuple[Path, ...],
    epochs: int | None,
) -> None:
    """Train a network, or go on with a training that was cut off.

    The run's folder holds the settings, a log with a line for each epoch, and the network. A recipe is a few
    lines in training/recipes.py. Cut off by Ctrl-C or otherwise, the same command goes on after the last
    finished epoch. KERAS_BACKEND=jax trains on a GPU by JAX.

    \b
    python -m training fit --csv fer2013.npz --recipe teacher --run runs/first
    python -m training fit --csv fer2013.npz --teacher runs/first --teacher runs/second
    """
    data, folder = prepared.load(csv, votes), options.run_of(run, recipe)
    _fit(data, recipe, folder, epochs=epochs, start_from=start_from, teachers=teachers)


@click.command()
@options.csv
@options.votes
@options.recipe
@options.run
@options.version
def export(csv: Path, votes: Path | None, recipe: str, run: Path | None, version: str | None) -> None:
    """Make the bundles of a run, and measure them.

    The scores are calibrated on PublicTest, the weights stored in 8 bits, and what comes out is loaded as the
    bot loads it and measured on both test splits. The figures stand in each bundle's manifest. The data have
    to be those of the training; the votes may be given here alone, for the figures that need them.

    \b
    python -m training export --csv fer2013.npz --run runs/first --version 2.0
    """
    from training import stages  # noqa: PLC0415

    stages.check_backend()
    stages.export_run(
        prepared.load(csv, votes), options.run_of(run, recipe), options.version_of(version, recipe)
    )


@click.command()
@options.recipe
@options.run
@click.option(
    "--to",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder for a second copy: model-card.md, and pictures/model-*.png.",
)
def report(recipe: str, run: Path | None, to: Path | None) -> None:
    """Write the model card of a run.

    What it is for and what not, data, protocol, figures, typical mistakes and limits, in words, tables and
    pictures. Every number comes from the run's folder and its LiteRT bundle's manifest, so `export` comes
    first. The card and its pictures are written into the run's folder.

    \b
    python -m training report --run runs/first --to docs
    """
    _report(options.run_of(run, recipe), to)


def _fit(
    data: Dataset,
    recipe: str,
    run: Run,
    *,
    epochs: int | None,
    start_from: Path | None,
    teachers: Sequence[Path],
) -> None:
    from training import stages  # noqa: PLC0415

    settings = RECIPES[recipe]
    if epochs:
        settings = replace(settings, epochs=epochs)
    networks = [Run(teacher).network for teacher in teachers]
    stages.fit_run(data, recipe, settings, run, start_from=start_from, teachers=networks)
    last = run.epochs()[-1]
    click.echo(f"{run.network}: {last.public_accuracy:.1%} on PublicTest after epoch {last.number}", err=True)


def _report(run: Run, to: Path | None) -> None:
    from training import stages  # noqa: PLC0415

    for written in stages.report_run(run, to):
        click.echo(written, err=True)


COMMANDS = (train, prepare, fit, export, report)
