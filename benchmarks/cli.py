"""`python -m benchmarks`: everything in one run; prints a table, and writes JSON, a page and pictures."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks import (
    accuracy,
    cold_start,
    conversation,
    image,
    machine,
    memory,
    photo_path,
    picture,
    report,
    size,
    stages,
    start,
    sustained,
)
from benchmarks.contenders import NAMES
from benchmarks.turns import WorkerFailed, workers
from emotion_bot.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS, LOOK = Path(__file__).parents[1] / "docs", Path("out")
ENGINES = ("litert", "tensorflow")
CONTENDERS = (*NAMES, "fer")
PARTS = (
    "accuracy",
    "size",
    "conversation",
    "cold_start",
    "start",
    "memory",
    "sustained",
    "stages",
    "photo_path",
)
QUIET = 0.95
"""Of the time, a process has its core on a machine that does nothing else."""
REFUSALS = (
    StoreError,
    WorkerFailed,
    cold_start.NoEmulator,
    cold_start.NotAnswered,
    conversation.NotTalking,
    image.BuildFailed,
    accuracy.NotAnnotated,
)

file_type = click.Path(exists=True, dir_okay=False, path_type=Path)
folder_type = click.Path(exists=True, file_okay=False, path_type=Path)


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    cores: int = 2
    """At most."""
    rounds: int = 11
    steps: int = 3
    """Rounds for each step of the growth."""
    every: int = 1
    """So many steps, one is measured."""
    stages: int = 50
    """Rounds for each stage's share."""
    sustained: int = 2000
    """Photographs."""
    memory: int = 400
    """Photographs."""
    starts: int = 7
    talks: int = 11
    """Rounds with the whole bot."""
    annotated: int | None = None
    """Photographs of the folder; None: all."""


QUICK = Effort(
    cores=1, rounds=3, steps=1, every=3, stages=5, sustained=100, memory=8, starts=1, talks=1, annotated=8
)


@click.command(help=__doc__)
@click.option("--store", type=folder_type, default="models", show_default=True, help="Where the bundles are.")
@click.option(
    "--photos-dir",
    type=folder_type,
    help="Annotated photographs, images/ and boxes.json; adds what is found on them.",
)
@click.option("--photos", type=click.IntRange(1), help="How many for the sustained run; 2000 by default.")
@click.option(
    "--quick", is_flag=True, help="Few rounds, on one core, for a look; writes into out/ instead of docs/."
)
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Measure this part only; prints JSON.")
@click.option("--again", type=file_type, help="Measure nothing: the page from an earlier benchmarks.json.")
def main(
    *,
    store: Path,
    photos_dir: Path | None,
    photos: int | None,
    quick: bool,
    only: tuple[str, ...],
    again: Path | None,
) -> None:
    """See the help above."""
    if again is not None:
        click.echo(f"Written: {write(json.loads(again.read_bytes()), again.parent)}")
        return
    if not hasattr(os, "sched_setaffinity"):
        raise click.ClickException("The bench pins processes to cores and reads /proc, so it needs Linux.")
    effort = QUICK if quick else Effort()
    try:
        figures: dict[str, Any] = {"machine": machine.describe(), "rounds": effort.rounds}
        for part, measure in measurements(str(store), photos_dir, photos, effort).items():
            if part in (only or PARTS):
                click.echo(f"Measuring {part.replace('_', ' ')} …", err=True)
                figures[part] = measure()
    except PackageNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed here; run: make bench") from error
    except REFUSALS as error:
        raise click.ClickException(str(error)) from error
    if only:
        click.echo(json.dumps(figures, indent=2))
        return
    click.echo(report.summary(figures))
    if (share := report.busy(figures)) < QUIET:
        click.echo(f"Others were at work: ours had its core for {share:.0%} of the time.", err=True)
    click.echo(f"Written: {write(figures, LOOK if quick else DOCS)}")


def measurements(
    store: str, photos_dir: Path | None, photos: int | None, effort: Effort
) -> dict[str, Callable[[], Any]]:
    """What each part's figures come from, in the order of the run: what may be refused comes first."""

    def by_cores() -> dict[str, Any]:
        table = {}
        for cores in range(1, 1 + min(effort.cores, len(os.sched_getaffinity(0)))):
            with workers(CONTENDERS, store, cores) as asked:
                table[str(cores)] = photo_path.measure(asked, effort.rounds, effort.steps, effort.every)
        return table

    parts: dict[str, Callable[[], Any]] = {
        "size": lambda: size.measure(ENGINES),
        "conversation": lambda: conversation.measure(Path(store), effort.talks),
        "cold_start": lambda: cold_start.measure(Path(store), ENGINES, effort.starts),
        "start": lambda: start.measure(store, NAMES, effort.starts),
        "memory": lambda: memory.measure(store, ENGINES, effort.memory),
        "sustained": lambda: sustained.measure(store, photos or effort.sustained),
        "stages": lambda: stages.measure(store, photo_path.SCENES, effort.stages),
        "photo_path": by_cores,
    }
    if photos_dir is not None:
        parts = {"accuracy": lambda: accuracy.measure(store, photos_dir, effort.annotated)} | parts
    return parts


def write(figures: dict[str, Any], folder: Path) -> Path:
    """The figures, the page and its pictures; where the page is."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    files = picture.draw(figures, pictures)
    links = {name: file.relative_to(folder).as_posix() for name, file in files.items()}
    page = folder / "benchmarks.md"
    page.write_text(report.page(figures, links), encoding="utf-8")
    return page
