"""`python -m infra.containers`: the base image, and the figures of the images that stand on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from infra.containers.confined import NoAnswer
from infra.containers.engine import NoEngine, engine
from infra.containers.sam import SamFailed, build
from infra.containers.standin import StandInFailed, base_image
from infra.containers.world import NoWorld, world

if TYPE_CHECKING:
    from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ENGINES = ("litert", "tensorflow")


@click.group(help=__doc__)
def main() -> None:
    """See the help above."""


@main.command()
def base() -> None:
    """Print the base image's name; make it where it is missing."""
    try:
        with engine() as client:
            click.echo(base_image(client))
    except (NoEngine, StandInFailed) as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--again", is_flag=True, help="Measure nothing: the page from docs/containers.json.")
def images(*, again: bool) -> None:
    """Measure the images of both engines; writes docs/containers.md."""
    from infra.containers import report  # noqa: PLC0415 - the base image needs none of it
    from infra.containers.images import NotRead  # noqa: PLC0415

    file = DOCS / "containers.json"
    if not again:
        try:
            figures = _measured()
        except (NoAnswer, NoEngine, NotRead, NoWorld, SamFailed, StandInFailed) as error:
            raise click.ClickException(str(error)) from error
        file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    figures = json.loads(file.read_text(encoding="utf-8"))
    (DOCS / "containers.md").write_text(report.page(figures), encoding="utf-8")
    click.echo(report.sizes(figures["images"]))
    click.echo()
    click.echo(report.reads(figures["images"]))


def _measured() -> dict[str, Any]:
    from benchmarks import machine  # noqa: PLC0415 - as above
    from infra.containers.images import measure  # noqa: PLC0415
    from infra.containers.stage import Services  # noqa: PLC0415

    with engine() as client:
        stand = base_image(client)
        builds = [build(client, stand, name) for name in ENGINES]
        with world(client, stand) as surroundings:
            services = Services(surroundings.aws_here)
            services.upload(ROOT / "models")
            found = measure(client, surroundings, services, builds)
    return {"machine": machine.describe(), "images": found}


if __name__ == "__main__":
    main()
