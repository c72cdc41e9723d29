"""One training on a few faces of noise, through the command line, for all tests of this folder."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, NamedTuple

import pytest
from click.testing import CliRunner

from tests.unit.training import csvs, tiny
from training.cli import cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

HARD_TO_TELL = 0.37


class Home(NamedTuple):
    """What one training needs and leaves."""

    csv: Path
    votes: Path
    run: Path
    store: Path
    output: str
    """What the command said."""
    asked: list[tuple[tuple[int, ...], tuple[int, ...]]]
    """Shapes of the scores and labels for which a threshold was chosen."""


@pytest.fixture(scope="session")
def training() -> Callable[..., Result]:
    return lambda *arguments: CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="session")
def home(training, tmp_path_factory) -> Iterator[Home]:
    """`train --recipe seed`, with the tiny network in its place: version 1 is deployed."""
    from training import stages

    folder = tmp_path_factory.mktemp("home")
    (folder / "tmp").mkdir()
    csv = csvs.write(folder / "fer2013.csv", csvs.rows())
    votes = csvs.write_votes(folder / "votes.csv", len(csvs.rows()))
    run, store = folder / "run", folder / "store"
    asked = []

    def choose(scores, labels):
        asked.append((scores.shape, labels.shape))
        return HARD_TO_TELL

    arguments = ["--csv", csv, "--votes", votes, "--recipe", "seed", "--run", run]
    with pytest.MonkeyPatch.context() as patch, tiny.in_place_of("seed"):
        patch.setattr(tempfile, "tempdir", str(folder / "tmp"))
        patch.setattr(stages, "choose", choose)
        result = training("train", *arguments, "--store", store, "--version", "1")
        assert result.exit_code == 0, result.output
        yield Home(csv, votes, run, store, result.stderr, asked)
