"""Commands that change a store: publish a version, try it out, promote it, roll back; and one that looks."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, get_args

import click

from emotion_bot.manifest import MANIFEST, Engine
from emotion_bot.store import release
from emotion_bot.store.opening import open_release
from emotion_bot.store.overview import overview
from training.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from emotion_bot.store.current import Current
    from training.runs import Run

_PACKAGES: Final[dict[Engine, str]] = {"litert": "ai_edge_litert", "tensorflow": "tensorflow"}
"""What each engine needs."""


@click.command()
@options.recipe
@options.run
@click.option(
    "--from",
    "source",
    metavar="STORE",
    help="Publish what another store holds, not a run: a folder, or s3://bucket/prefix.",
)
@click.option("--version", help="With --from: which version.  [default: the one that is deployed there]")
@options.store
@options.promote
@click.option(
    "--force", is_flag=True, help="Publish although its figures are worse than those of what is deployed."
)
def publish(
    *,
    recipe: str,
    run: Path | None,
    source: str | None,
    version: str | None,
    store: str,
    promote: bool,
    force: bool,
) -> None:
    """Upload a run's bundles to the store, and deploy them.

    First both are loaded as the bot loads them and asked about one picture; a bundle that does not answer is
    never published. One whose accuracy on PublicTest is below that of what is deployed, by more than chance
    explains, is published with --force only. A version is never overwritten, and nothing is deployed until
    everything is uploaded. With --from it is another store's bundles; an engine that is not installed here is
    then not asked, since it was when its bundle was published there, and that is the same to the byte.

    \b
    python -m training publish --run runs/first --store models
    python -m training publish --from models --store s3://bucket/prefix --no-promote
    """
    if source is None and version is not None:
        raise click.UsageError("--version is for --from; a run has the version that it was exported with.")
    if source is not None and run is not None:
        raise click.UsageError("Give a run or another store, not both: --run or --from.")
    if source is None:
        publish_run(options.run_of(run, recipe), store, promote=promote, force=force)
    else:
        _publish_copy(source, version, store, promote=promote, force=force)


@click.command()
@click.argument("version")
@options.store
def promote(version: str, store: str) -> None:
    """Deploy a published version.

    Its files are checked, then current.json is pointed at it, unless somebody else has changed it meanwhile.
    A trial ends with it, of this version or of another. A function that is running keeps the bundle it has;
    those that start from now on load this one. To have all load it: python -m infra.models take.

    \b
    python -m training promote 2.0 --store s3://bucket/prefix
    """
    _say(release.promote(store, version), store)


@click.command()
@options.store
def rollback(store: str) -> None:
    """Deploy again what was deployed before.

    One step back, to what the last promotion replaced, and to those very bytes: the digests are checked. A
    trial ends with it. Further back, promote a version by its name. Like promote, it gives way to who was
    quicker, and functions that are running keep what they have: python -m infra.models rollback has them
    step back, too.

    \b
    python -m training rollback --store s3://bucket/prefix
    """
    _say(release.rollback(store), store)


@click.command()
@click.argument("version", required=False)
@click.option(
    "--share", type=click.IntRange(1, 99), help="Of 100 photos, how many it looks at.  [default: 10]"
)
@click.option("--end", is_flag=True, help="End the trial: the deployed version looks at all photos again.")
@options.store
def trial(version: str | None, share: int | None, end: bool, store: str) -> None:
    """Let a published version look at a share of the photos.

    Its files are checked, and current.json names it beside the deployed version. Functions that start from
    now on load both; which of them looks at a photo is decided by the number of its update, so that a photo
    which is tried again is looked at by the same. The same command with another share changes the share;
    promote and rollback end the trial. If the version does not work, the deployed one looks at all photos.

    \b
    python -m training trial 2.0 --share 10 --store s3://bucket/prefix
    python -m training trial --end --store s3://bucket/prefix
    """
    if end == (version is not None) or (end and share is not None):
        raise click.UsageError("Name a version to try out, or end the trial: trial VERSION, or trial --end.")
    if version is None:
        _say(release.end_trial(store), store)
    else:
        _say(release.try_out(store, version, share or 10), store)


@click.command()
@options.store
@options.as_json
def show(store: str, as_json: bool) -> None:
    """Say what is deployed, on trial, and published.

    One line for each version, with its state, how many of 100 photos it looks at, and the engines for which
    it has a bundle. "previous" is where rollback leads. What functions that are running have loaded, only
    they know: each line of their log, and /about, names it.

    \b
    python -m training show --store s3://bucket/prefix
    """
    versions = overview(store)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in versions], indent=2))
        return
    width = max(len(each.version) for each in versions)
    for each in versions:
        share = f"{each.share} %" if each.share else ""
        engines = ", ".join(each.engines) or "missing: publish it again"
        click.echo(f"{each.version:{width}}  {each.state:9}  {share:>5}  {engines}")


def publish_run(run: Run, store: str, *, promote: bool, force: bool) -> None:
    """Check a run's bundles, upload them, and deploy them if `promote`.

    Raises:
        TrainingError: nothing is exported, or see `guard`.
        StoreError: see `release`.
    """
    from training import guard  # noqa: PLC0415 - the other commands need no engine

    bundles: dict[Engine, Path] = {engine: run.bundle(engine) for engine in get_args(Engine)}
    for folder in bundles.values():
        run.read_json(folder / MANIFEST, "export")
    if not force:
        guard.check_no_worse(store, bundles)
    guard.check_answers(bundles)
    published = release.publish(store, bundles)
    _finish(published.version, store, promote=promote)


def _publish_copy(source: str, version: str | None, store: str, *, promote: bool, force: bool) -> None:
    from training import guard  # noqa: PLC0415

    found = release.find(source, version)
    bundles = {engine: open_release(source, found, engine) for engine in found.sha256}
    if not force:
        guard.check_no_worse(store, bundles)
    guard.check_answers({engine: each for engine, each in bundles.items() if find_spec(_PACKAGES[engine])})
    release.copy(source, store, found.version)
    _finish(found.version, store, promote=promote)


def _finish(version: str, store: str, *, promote: bool) -> None:
    click.echo(f"{store} holds version {version} now.", err=True)
    if promote:
        _say(release.promote(store, version), store)


def _say(current: Current, store: str) -> None:
    trial = current.trial
    also = f", and version {trial.version} is on trial with {trial.share} % of the photos" if trial else ""
    click.echo(f"Version {current.version} is deployed in {store}{also}.", err=True)
    if store.startswith("s3://"):
        click.echo(
            "Functions that start from now on load it; to have all: python -m infra.models take", err=True
        )


COMMANDS = (publish, show, trial, promote, rollback)
