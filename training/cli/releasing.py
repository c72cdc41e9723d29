"""Commands that change a store: publish a run's bundles, promote a version, roll back."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from emotion_bot.manifest import MANIFEST, Engine
from emotion_bot.store import release
from training.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from training.runs import Run


@click.command()
@options.recipe
@options.run
@options.store
@options.promote
@click.option(
    "--force", is_flag=True, help="Publish although its figures are worse than those of what is deployed."
)
def publish(recipe: str, run: Path | None, store: str, promote: bool, force: bool) -> None:
    """Upload a run's bundles to the store, and deploy them.

    First both are loaded as the bot loads them and asked about one picture; a bundle that does not answer is
    never published. One whose accuracy on PublicTest is below that of what is deployed, by more than chance
    explains, is published with --force only. A version is never overwritten, and nothing is deployed until
    everything is uploaded.

    \b
    python -m training publish --run runs/first --store models
    python -m training publish --run runs/first --store s3://bucket/prefix --no-promote
    """
    publish_run(options.run_of(run, recipe), store, promote=promote, force=force)


@click.command()
@click.argument("version")
@options.store
def promote(version: str, store: str) -> None:
    """Deploy a published version.

    Its files are checked, then current.json is pointed at it, unless somebody else has changed it meanwhile.
    A function that is running keeps the bundle it has; those that start from now on load this one.

    \b
    python -m training promote 2.0 --store s3://bucket/prefix
    """
    _say_deployed(release.promote(store, version).version, store)


@click.command()
@options.store
def rollback(store: str) -> None:
    """Deploy again what was deployed before.

    One step back, to what the last promotion replaced, and to those very bytes: the digests are checked.
    Further back, promote a version by its name. Like promote, it gives way to who was quicker.

    \b
    python -m training rollback --store s3://bucket/prefix
    """
    _say_deployed(release.rollback(store).version, store)


def publish_run(run: Run, store: str, *, promote: bool, force: bool) -> None:
    """Check a run's bundles, upload them, and deploy them if `promote`.

    Raises:
        TrainingError: nothing is exported, or see `guard`.
        StoreError: see `release`.
    """
    from training import guard  # noqa: PLC0415 - promote and rollback need no engine

    bundles: dict[Engine, Path] = {engine: run.bundle(engine) for engine in get_args(Engine)}
    for folder in bundles.values():
        run.read_json(folder / MANIFEST, "export")
    if not force:
        guard.check_no_worse(store, bundles)
    guard.check_answers(bundles)
    published = release.publish(store, bundles)
    click.echo(f"{store} holds version {published.version} now.", err=True)
    if promote:
        _say_deployed(release.promote(store, published.version).version, store)


def _say_deployed(version: str, store: str) -> None:
    click.echo(f"Version {version} is deployed in {store}.", err=True)


COMMANDS = (publish, promote, rollback)
