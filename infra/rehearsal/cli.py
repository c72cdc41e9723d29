"""`python -m infra.rehearsal`: a stack's whole life; exit status 1 if a step does not show what it must."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click
from docker.errors import DockerException

from infra.containers.engine import NoEngine
from infra.containers.sam import SamFailed as BuildFailed
from infra.containers.standin import StandInFailed
from infra.rehearsal import report
from infra.rehearsal.cloud import NoCloud, installed
from infra.rehearsal.doors import NoNetwork
from infra.rehearsal.findings import look
from infra.rehearsal.scene import NotShown
from infra.rehearsal.stack import SamFailed
from infra.rehearsal.stage import stage
from infra.rehearsal.steps import STEPS

if TYPE_CHECKING:
    from infra.rehearsal.scene import Scene

DOCS: Final = Path(__file__).parents[2] / "docs"
FIGURES: Final = "rehearsal.json"
PAGE: Final = "rehearsal.md"
LOG: Final = ".aws-sam/rehearsal.log"


@click.command(help=__doc__)
@click.option("--write/--no-write", default=True, show_default=True, help=f"docs/{PAGE} and docs/{FIGURES}.")
@click.option("--again", is_flag=True, help="Deploy nothing: the page from the figures that are there.")
def main(*, write: bool, again: bool) -> None:
    """See the help above."""
    if again:
        (DOCS / PAGE).write_text(report.page(json.loads((DOCS / FIGURES).read_bytes())), encoding="utf-8")
        return
    if sys.platform != "linux":
        raise click.ClickException(
            "The rehearsal gives containers a network of their own, which needs Linux."
        )
    for ended in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ended, lambda *_: sys.exit(1))  # or nothing would be cleared away
    began = monotonic()

    def say(sentence: str) -> None:
        click.echo(f"{monotonic() - began:5.0f} s  {sentence}", err=True)

    try:
        with stage(say) as scene:
            figures = _rehearse(scene, say)
    except (BuildFailed, NoCloud, NoEngine, NoNetwork, StandInFailed) as error:
        raise click.ClickException(str(error)) from None
    except DockerException as error:
        raise click.ClickException(f"The Docker engine failed: {error}; try again.") from None
    except SamFailed as error:
        raise click.ClickException(f"SAM CLI failed: {error} ({LOG} has all that it said)") from None
    except NotShown as error:
        raise click.ClickException(
            f"{error} ({LOG} and {LOG.replace('rehearsal.log', 'ministack.log')} say more)"
        ) from None
    figures |= {"seconds": round(monotonic() - began)}
    say("Cleared away.")
    for line in report.summary(figures):
        click.echo(line)
    if write:
        (DOCS / FIGURES).write_text(
            json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        (DOCS / PAGE).write_text(report.page(figures), encoding="utf-8")
        click.echo(f"Written: docs/{PAGE}, docs/{FIGURES}")


def _rehearse(scene: Scene, say: Any) -> dict[str, Any]:  # noqa: ANN401 - prints a sentence
    steps: dict[str, Any] = {}
    emulator: dict[str, Any] = {}
    for step in STEPS:
        say(f"{step.title}: {step.must} …")
        if step is STEPS[-1]:
            emulator = look(scene)
        start = monotonic()
        found = step.run(scene)
        steps[step.title] = {"found": found, "seconds": round(monotonic() - start)}
        say(f"  {found}.")
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "version": installed(),
        "cores": len(os.sched_getaffinity(0)),
        "steps": steps,
        "emulator": emulator,
        "notes": scene.notes,
    }
