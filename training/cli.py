"""The command line of the training: the whole of it in one command, or stage by stage."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click

from emotion_bot.manifest import Engine
from emotion_bot.store import StoreError, open_bundle, release
from training.data import NotFer2013, read
from training.evaluate import evaluate as evaluate_classifier
from training.evaluate import table
from training.recipes import RECIPES
from training.runs import Run, TrainingError

BAD_INPUT = 2
"""Exit status when the person has to change something."""
HELP = """FER-2013 in, a released bundle out.

    \b
    python -m training train --csv fer2013.csv --store models

does all of it: fits a network, exports it for both engines, draws a report into the run's folder, publishes
the bundle and deploys it. A training that was cut off goes on when the same command is given again.

The same in stages, each of which reads what the one before left in runs/<recipe>:

    \b
    python -m training fit     --csv fer2013.csv
    python -m training export  --csv fer2013.csv
    python -m training report
    python -m training publish --store s3://bucket/prefix --no-promote

And what is deployed:

    \b
    python -m training evaluate --csv fer2013.csv --store models
    python -m training promote VERSION --store models
    python -m training rollback --store models

fer2013.csv is the file of the contest of 2013, with the columns emotion, pixels and Usage; docs/training.md
says where it is.
"""


class _BadInput(click.ClickException):
    exit_code = BAD_INPUT


class _Cli(click.Group):
    """Turns the errors that a person can mend into one sentence and exit status 2."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        try:
            return super().invoke(ctx)
        except (NotFer2013, StoreError, TrainingError) as error:
            raise _BadInput(str(error)) from error
        except ModuleNotFoundError as error:
            raise _BadInput(f"{error.name} is not installed here; first run: make .venv/.training") from error


csv_option = click.option(
    "--csv",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The contest's fer2013.csv.",
)
store_option = click.option(
    "--store", default="models", show_default=True, help="A folder, or s3://bucket/prefix."
)
recipe_option = click.option(
    "--recipe", type=click.Choice(list(RECIPES)), default="residual", show_default=True, help="How to train."
)
run_option = click.option(
    "--run",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run.  [default: runs/RECIPE]",
)
start_option = click.option(
    "--start-from",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The model.keras of another run with the same network: begin with its weights.",
)
epochs_option = click.option(
    "--epochs", type=click.IntRange(min=1), help="Fewer or more than the recipe's, to try something out."
)
version_option = click.option("--version", help="Name of the version.  [default: DATE-RECIPE]")
promote_option = click.option(
    "--promote/--no-promote", default=True, show_default=True, help="Deploy what was published."
)


@click.group(cls=_Cli, help=HELP, no_args_is_help=True)
def cli() -> None:
    """See `HELP`."""


@cli.command()
@csv_option
@store_option
@recipe_option
@run_option
@start_option
@epochs_option
@version_option
@promote_option
def train(
    *,
    csv: Path,
    store: str,
    recipe: str,
    run: Path | None,
    start_from: Path | None,
    epochs: int | None,
    version: str | None,
    promote: bool,
) -> None:
    """Fit, export, report and publish, all in one."""
    folder, version = _run(run, recipe), version or _version(recipe)
    read(csv)  # what is wrong with the data, or with the version, is said before an hour is spent
    release.check_free(store, version)
    _fit(csv, recipe, folder, start_from, epochs)
    _export(csv, folder, version)
    _report(folder)
    _publish(folder, store, promote)


@cli.command()
@csv_option
@recipe_option
@run_option
@start_option
@epochs_option
def fit(csv: Path, recipe: str, run: Path | None, start_from: Path | None, epochs: int | None) -> None:
    """Train a network, or go on with a training that was cut off."""
    _fit(csv, recipe, _run(run, recipe), start_from, epochs)


@cli.command()
@csv_option
@recipe_option
@run_option
@version_option
def export(csv: Path, recipe: str, run: Path | None, version: str | None) -> None:
    """Turn a run's network into the bundles of both engines, and measure them."""
    _export(csv, _run(run, recipe), version or _version(recipe))


@cli.command()
@recipe_option
@run_option
def report(recipe: str, run: Path | None) -> None:
    """Draw a run's curves, confusion matrix and network."""
    _report(_run(run, recipe))


@cli.command()
@recipe_option
@run_option
@store_option
@promote_option
def publish(recipe: str, run: Path | None, store: str, promote: bool) -> None:
    """Upload a run's bundles to the store, and deploy them."""
    _publish(_run(run, recipe), store, promote)


@cli.command()
@csv_option
@store_option
@click.option(
    "--engine",
    type=click.Choice(get_args(Engine)),
    default="litert",
    show_default=True,
    help="Which bundle of the version.",
)
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
def evaluate(csv: Path, store: str, engine: Engine, as_json: bool) -> None:
    """Figures of the classifier that is deployed."""
    from emotion_bot.vision import Recognizer  # noqa: PLC0415 - the other commands need no engine

    splits = read(csv)
    recognizer = Recognizer.load(open_bundle(store, engine))
    figures = evaluate_classifier(recognizer.classifier, splits, engine)
    version = recognizer.manifest.version
    if as_json:
        click.echo(json.dumps({"version": version, "engine": engine, **figures}, indent=2))
    else:
        click.echo(f"Version {version}, engine {engine}\n\n{table(figures)}")


@cli.command()
@csv_option
@store_option
def geometry(csv: Path, store: str) -> None:
    """Where the deployed detector puts its box on PublicTest's faces: how photos have to be cropped."""
    from emotion_bot.vision import Recognizer  # noqa: PLC0415
    from training.geometry import measure  # noqa: PLC0415

    crops = read(csv)["PublicTest"].released.crops
    with click.progressbar(crops, label="Measuring", file=sys.stderr) as faces:
        measured = measure(faces, Recognizer.load(open_bundle(store)).detector)
    click.echo(measured.model_dump_json())


@cli.command()
@click.argument("version")
@store_option
def promote(version: str, store: str) -> None:
    """Deploy a published version."""
    _say_deployed(release.promote(store, version).version, store)


@cli.command()
@store_option
def rollback(store: str) -> None:
    """Deploy again what was deployed before."""
    _say_deployed(release.rollback(store).version, store)


def _run(run: Path | None, recipe: str) -> Run:
    return Run(run or Path("runs") / recipe)


def _version(recipe: str) -> str:
    return f"{datetime.now(UTC):%Y.%m.%d}-{recipe}"


def _fit(csv: Path, recipe: str, run: Run, start_from: Path | None, epochs: int | None) -> None:
    from training import stages  # noqa: PLC0415 - TensorFlow takes seconds, and --help should not

    settings = RECIPES[recipe]
    stages.fit_run(csv, recipe, replace(settings, epochs=epochs) if epochs else settings, run, start_from)
    if best := run.best():
        click.echo(
            f"{run.network}: {best.public_accuracy:.1%} on PublicTest after epoch {best.number}", err=True
        )


def _export(csv: Path, run: Run, version: str) -> None:
    from training import stages  # noqa: PLC0415

    stages.export_run(csv, run, version)


def _report(run: Run) -> None:
    from training import stages  # noqa: PLC0415

    for picture in stages.report_run(run):
        click.echo(picture, err=True)


def _publish(run: Run, store: str, promote: bool) -> None:
    published = release.publish(store, {engine: run.bundle(engine) for engine in get_args(Engine)})
    click.echo(f"{store} holds version {published.version} now.", err=True)
    if promote:
        _say_deployed(release.promote(store, published.version).version, store)


def _say_deployed(version: str, store: str) -> None:
    click.echo(f"Version {version} is deployed in {store}.", err=True)
