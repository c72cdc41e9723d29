"""`python -m soak EXPERIMENT…`: runs these, or all; exit status 1 if one does not show what it must."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

import click

from soak import findings, report
from soak.experiments import EXPERIMENTS

DOCS: Final = Path(__file__).parents[1] / "docs"
FIGURES: Final = "robustness.json"
PAGE: Final = "robustness.md"


@click.command(help=__doc__)
@click.argument("experiments", nargs=-1, type=click.Choice(list(EXPERIMENTS)))
@click.option(
    "--store",
    type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path),
    default="models",
    show_default=True,
    help="Where the bundles are.",
)
@click.option("--small", is_flag=True, help="As CI runs them, whatever time it takes; writes nothing.")
@click.option("--again", is_flag=True, help="Run nothing: the page from the figures that are there.")
def main(*, experiments: tuple[str, ...], store: Path, small: bool, again: bool) -> None:
    """See the help above."""
    if sys.platform != "linux":
        raise click.ClickException("The experiments kill processes and read /proc, so they need Linux.")
    figures = {} if small else kept()
    names = () if again else experiments or tuple(EXPERIMENTS)
    for name in names:
        click.echo(f"{name} …", err=True)
        figures[name] = run(name, store, small=small)
        click.echo(findings.line(name, figures[name]))
        if not small:
            write(figures)
    if not small:
        write(figures)
        click.echo(f"Written: {DOCS / FIGURES}" + (f", {PAGE}" if report.is_whole(figures) else ""))
    if not all(figures[name]["shown"] and (small or figures[name]["in_time"]) for name in names):
        raise SystemExit(1)


def run(name: str, store: Path, *, small: bool) -> dict[str, Any]:
    """An experiment's figures, and what it took on which machine."""
    experiment, began = EXPERIMENTS[name], monotonic()
    result = (experiment.small if small else experiment.run)(store)
    return {
        "shown": result.shown,
        "in_time": result.in_time,
        "took": round(monotonic() - began),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {"cores": len(os.sched_getaffinity(0)), "python": platform.python_version()},
        **result.figures,
    }


def kept() -> dict[str, Any]:
    """The figures of earlier runs, by experiment."""
    file = DOCS / FIGURES
    return json.loads(file.read_bytes()) if file.exists() else {}


def write(figures: dict[str, Any]) -> None:
    """Keep the figures; the page, too, where no experiment is missing."""
    in_order = {name: figures[name] for name in EXPERIMENTS if name in figures}
    (DOCS / FIGURES).write_text(json.dumps(in_order, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if report.is_whole(figures):
        (DOCS / PAGE).write_text(report.page(figures), encoding="utf-8")
