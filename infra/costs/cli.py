"""`python -m infra.costs`: what the bot costs, by measured use and AWS's prices, and how it grows."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from benchmarks import machine
from benchmarks.image import BuildFailed
from emotion_bot.store import StoreError
from infra.costs import growth, page, stack
from infra.costs.scenarios import SECONDS, play
from infra.costs.use import times

DOCS: Final = Path(__file__).parents[2] / "docs"
FIGURES, PAGE = "costs.json", "costs.md"
ENGINES: Final = ("litert", "tensorflow")


class NothingMeasured(click.ClickException):
    """docs/costs.json is not there."""

    def __init__(self) -> None:
        super().__init__("Nothing is measured yet; first run: make costs ARGS=measure")


@click.group(help=__doc__)
def main() -> None:
    """See the help above."""


@main.command()
@click.option(
    "--store",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default="models",
    show_default=True,
    help="Where the bundles are.",
)
def measure(*, store: Path) -> None:
    """Measure what a photo uses, in both engines: three minutes; writes docs/costs.json."""
    from infra.costs import measure as measuring  # noqa: PLC0415 - needs moto and OpenCV, which the page does not

    about = machine.describe()
    try:
        use = measuring.measure(store)
        images = {engine: measuring.image(engine) for engine in ENGINES}
    except (measuring.NotAnswered, BuildFailed, StoreError) as error:
        raise click.ClickException(str(error)) from None
    kept = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {name: about[name] for name in ("processor", "cores", "system", "python", "load")},
        "memory": stack.read().memory,
        "use": use,
        "image": images,
        "models": sum(file.stat().st_size for file in store.rglob("*") if file.is_file()),
    }
    (DOCS / FIGURES).write_text(json.dumps(kept, indent=2) + os.linesep, encoding="utf-8")
    click.echo(f"Written: {DOCS / FIGURES}")


@main.command("page")
def write_page() -> None:
    """Work out the bills, play the scenarios, and write docs/costs.md with its pictures."""
    (DOCS / PAGE).write_text(
        page.page(figures(FIGURES), figures("benchmarks.json"), DOCS / "pictures"), encoding="utf-8"
    )
    click.echo(f"Written: {DOCS / PAGE}")


@main.command()
@click.option(
    "--photos-per-second", type=click.FloatRange(0, min_open=True), default=1000.0, show_default=True
)
@click.option("--seconds", type=click.FloatRange(10), default=SECONDS, show_default=True)
@click.option(
    "--burst",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Times as many in the third quarter.",
)
@click.option("--engine", type=click.Choice(ENGINES), default="litert", show_default=True)
@click.option(
    "--maximum-concurrency",
    type=click.IntRange(2, 1000),
    help="The template's parameter; its default if left out.",
)
@click.option(
    "--connections", type=click.IntRange(1, 100), default=40, show_default=True, help="That Telegram opens."
)
@click.option(
    "--messages-per-second",
    type=click.FloatRange(0),
    default=30.0,
    show_default=True,
    help="That Telegram takes; 0: all.",
)
@click.option(
    "--concurrency", type=click.IntRange(1), default=1000, show_default=True, help="Of the AWS account."
)
@click.option(
    "--failing", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Share of the attempts."
)
@click.option("--seed", type=int, default=1, show_default=True)
def simulate(
    *,
    photos_per_second: float,
    engine: str,
    maximum_concurrency: int | None,
    messages_per_second: float,
    **changes: Any,  # noqa: ANN401 - click's
) -> None:
    """Play one busy stretch, and say what becomes of its photos."""
    measured, template = figures(FIGURES), stack.read()
    took = times(engine, measured, figures("benchmarks.json"))
    limits = changes | {
        "maximum_concurrency": maximum_concurrency or template.concurrency,
        "messages_per_second": messages_per_second or None,
    }
    run, found = play(photos_per_second, took, template, measured, engine, **limits)
    click.echo(growth.told(run, found))


def figures(name: str) -> dict[str, Any]:
    """A file of docs/."""
    try:
        found: dict[str, Any] = json.loads((DOCS / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NothingMeasured from None
    return found
