"""Our classifier beside its peers on PrivateTest, in one run and one table of Markdown."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import mean
from time import process_time_ns
from typing import TYPE_CHECKING, Any

import click

from benchmarks.peers import Peer, PeerMissing, from_fer, from_run, from_store
from emotion_bot.store import StoreError
from training import prepared
from training.data import NotFer2013
from training.evaluate import measure, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

SPLIT = "PrivateTest"
ROUNDS = 500
"""Faces that each classifier is timed on."""
WARM_UP = 20
"""Faces before them."""

file_type = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(help=f"{__doc__} Each is timed on one core, a face at a time.")
@click.option(
    "--csv", required=True, type=file_type, help="The contest's fer2013.csv, or what prepare made of it."
)
@click.option("--votes", type=file_type, help="The votes of FER+, a row for each of the contest's.")
@click.option("--store", default="models", show_default=True, help="Where the released bundle is.")
@click.option(
    "--run",
    default="runs/seed",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run that trained the network that the bot began with.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(csv: Path, votes: Path | None, store: str, run: Path, *, as_json: bool) -> None:
    """See the help above."""
    try:
        peers = [from_run(run), from_fer(), from_store(store)]
        splits = prepared.load(csv, votes).splits
    except (NotFer2013, PeerMissing, StoreError) as error:
        raise click.ClickException(str(error)) from error
    faces, training = splits[SPLIT], splits["Training"]
    times = milliseconds(peers, faces.released.crops)
    columns = [
        {
            "name": peer.name,
            **asdict(measure(peer.classifier, faces, training, f"{peer.name} on {SPLIT}")),
            "bytes": peer.file.stat().st_size,
            "milliseconds": time,
        }
        for peer, time in zip(peers, times, strict=True)
    ]
    click.echo(json.dumps({"split": SPLIT, "peers": columns}, indent=2) if as_json else markdown(columns))


def milliseconds(peers: Sequence[Peer], crops: NDArray[np.uint8]) -> list[float]:
    """Mean time of each for one face, from uint8 (48, 48) to scores: ours looks at some faces twice.

    Processor time, which is what a face takes on a core of its own: a machine with other work to do lets the
    clock on the wall run ten times as long. For the same reason they take turns at every face.
    """
    times: list[list[int]] = [[] for _ in peers]
    with click.progressbar(range(WARM_UP + ROUNDS), label="Timing", file=sys.stderr) as rounds:
        for number in rounds:
            face = crops[number % len(crops)][None]
            for peer, taken in zip(peers, times, strict=True):
                began = process_time_ns()
                peer.classifier.predict(face)
                taken.append(process_time_ns() - began)
    return [mean(taken[WARM_UP:]) / 1e6 for taken in times]


def markdown(columns: Sequence[dict[str, Any]]) -> str:
    """The figures as a table, a column for each classifier."""
    cells = [
        shown(column)
        | {
            "size of the network, MB": f"{column['bytes'] / 1e6:.2f}",
            "time per face on one core, ms": f"{column['milliseconds']:.2f}",
        }
        for column in columns
    ]
    rows = [(name.strip(), *(cell[name] for cell in cells)) for name in cells[0]]
    rows.insert(0, (SPLIT, *(column["name"] for column in columns)))
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = [
        f"| {name:{first}} | "
        + " | ".join(f"{cell:>{width}}" for cell, width in zip(row, others, strict=True))
        + " |"
        for name, *row in rows
    ]
    rule = f"|{'-' * (first + 2)}|" + "".join(f"{'-' * (width + 1)}:|" for width in others)
    return "\n".join([lines[0], rule, *lines[1:]])


if __name__ == "__main__":
    main()
