"""Commands that measure what is deployed: on FER-2013, on whole photographs, and its crops."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emotion_bot.store import open_bundle
from training import prepared
from training.cli import options

if TYPE_CHECKING:
    from emotion_bot.manifest import Engine


@click.command()
@options.csv
@options.votes
@options.store
@options.engine
@options.as_json
def evaluate(csv: Path, votes: Path | None, store: str, engine: Engine, as_json: bool) -> None:
    """Figures of the classifier that is deployed.

    It follows the store's current.json as the bot does, checks the digests, and asks the very file that the
    bot asks, never a network in training, about the faces of FER-2013's test splits, as they are and spoilt
    in several ways. With the votes of FER+ it also says how often the answer is what most people saw.

    \b
    python -m training evaluate --csv fer2013.npz --store models
    python -m training evaluate --csv fer2013.npz --store s3://bucket/prefix --engine tensorflow --json
    """
    from emotion_bot.vision import Recognizer  # noqa: PLC0415 - the other commands need no engine
    from training.evaluate import evaluate as measure  # noqa: PLC0415
    from training.evaluate import table  # noqa: PLC0415

    splits = prepared.load(csv, votes).splits
    recognizer = Recognizer.load(open_bundle(store, engine))
    figures = measure(recognizer.classifier, splits, engine)
    version = recognizer.manifest.version
    if as_json:
        click.echo(json.dumps({"version": version, "engine": engine, **figures}, indent=2))
    else:
        click.echo(f"Version {version}, engine {engine}\n\n{table(figures)}")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@options.store
@options.engine
@options.as_json
def photographs(folder: Path, store: str, engine: Engine, as_json: bool) -> None:
    """Figures of the bot, on photographs of yours.

    FOLDER has a folder for each label, happy, sad and neutral, with photographs of people who look so. Of
    several faces on a photograph the largest counts, and a missed face is an error.

    \b
    python -m training photographs my-photographs --store models
    """
    from emotion_bot.vision import Recognizer  # noqa: PLC0415
    from training.photographs import evaluate_folder, table  # noqa: PLC0415

    recognizer = Recognizer.load(open_bundle(store, engine))
    figures = evaluate_folder(folder, recognizer)
    version = recognizer.manifest.version
    if as_json:
        click.echo(json.dumps({"version": version, "engine": engine, **asdict(figures)}, indent=2))
    else:
        click.echo(f"Version {version}, engine {engine}\n\n{table(figures)}")


@click.command()
@options.csv
@options.store
def geometry(csv: Path, store: str) -> None:
    """How photographs have to be cropped.

    It looks for the faces of PublicTest, enlarged, and prints the geometry by which a crop of a photograph
    shows its face as FER-2013's crops do, as the manifest takes it.

    \b
    python -m training geometry --csv fer2013.npz --store models
    """
    from emotion_bot.vision import Recognizer  # noqa: PLC0415
    from training.geometry import measure  # noqa: PLC0415

    crops = prepared.load(csv).splits["PublicTest"].released.crops
    with click.progressbar(crops, label="Measuring", file=sys.stderr) as faces:
        measured = measure(faces, Recognizer.load(open_bundle(store)).detector)
    click.echo(measured.model_dump_json())


COMMANDS = (evaluate, photographs, geometry)
