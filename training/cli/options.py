"""The options that several commands share, and what they stand for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from emotion_bot.manifest import Engine
from training.recipes import RECIPES
from training.runs import Run

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

csv = click.option(
    "--csv", required=True, type=_FILE, help="The contest's fer2013.csv, or what `prepare` made of it."
)
votes = click.option("--votes", type=_FILE, help="The CSV of FER+, row by row for the contest's.")
store = click.option("--store", default="models", show_default=True, help="A folder, or s3://bucket/prefix.")
engine = click.option(
    "--engine",
    type=click.Choice(get_args(Engine)),
    default="litert",
    show_default=True,
    help="Which bundle of the version.",
)
recipe = click.option(
    "--recipe", type=click.Choice(list(RECIPES)), default="residual", show_default=True, help="How to train."
)
run = click.option(
    "--run",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run.  [default: runs/RECIPE]",
)
epochs = click.option(
    "--epochs", type=click.IntRange(min=1), help="Fewer or more than the recipe's, to try something out."
)
start_from = click.option(
    "--start-from",
    type=_FILE,
    help="The model.keras of another run with the same network: begin with its weights.",
)
teacher = click.option(
    "--teacher",
    "teachers",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of a finished run to learn from as well, by the share that the recipe says. Repeatable.",
)
version = click.option("--version", help="Name of the version.  [default: DATE-RECIPE]")
promote = click.option(
    "--promote/--no-promote", default=True, show_default=True, help="Deploy what was published."
)
as_json = click.option("--json", "as_json", is_flag=True, help="For a program to read.")


def run_of(folder: Path | None, name: str) -> Run:
    """The run in `folder`, or where a recipe's run lies by default."""
    return Run(folder or Path("runs") / name)


def version_of(version: str | None, name: str) -> str:
    """The version's name: as given, or today's date and the recipe."""
    return version or f"{datetime.now(UTC):%Y.%m.%d}-{name}"
