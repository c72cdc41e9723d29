"""The whole training on a few faces of noise, through the command line, and what it says to bad input."""

from __future__ import annotations

import json
import re
import tempfile

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from emotion_bot.manifest import Manifest
from emotion_bot.store import open_bundle
from emotion_bot.vision import Recognizer
from tests.unit.store import bundles
from tests.unit.training import csvs
from training.cli import cli
from training.runs import sha256

pytestmark = [
    # Keras' TensorFlow backend and NumPy 2 do not agree on __array__ yet.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]
RECIPE = ["--recipe", "seed", "--epochs", "1"]


def training(*arguments: object):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with fer2013.csv, the run and the store of one training."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "tmp").mkdir()
    csv = csvs.write(folder / "fer2013.csv", csvs.rows())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder / "tmp"))
        result = training(
            "train",
            "--csv",
            csv,
            "--store",
            folder / "store",
            "--run",
            folder / "run",
            "--version",
            "1",
            *RECIPE,
        )
        assert result.exit_code == 0, result.output
        yield folder


def test_progress_and_outcome_are_told(home):
    again = training("fit", "--csv", home / "fer2013.csv", "--run", home / "run", *RECIPE)
    assert again.exit_code == 0, again.output
    assert f"{home / 'run' / 'model.keras'}: " in again.stderr
    assert "on PublicTest after epoch 1" in again.stderr


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_the_bundle_opens_and_says_where_it_comes_from(home, engine):
    recognizer = Recognizer.load(open_bundle(str(home / "store"), engine))
    manifest = recognizer.manifest
    assert (manifest.version, manifest.engine, manifest.labels) == ("1", engine, ("happy", "sad", "neutral"))
    assert manifest.training["name"] == "seed"
    assert manifest.training["recipe"]["epochs"] == 1
    assert manifest.training["rows"] == {"Training": 140, "PublicTest": 12, "PrivateTest": 12}
    assert len(manifest.training["data_md5"]) == 32
    assert manifest.metrics["private_test"]["rows"] == 12
    scores = recognizer.classifier.predict(np.zeros((3, 48, 48), np.uint8))
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


def test_both_engines_say_the_same(home):
    crops = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)
    ours, theirs = (
        Recognizer.load(open_bundle(str(home / "store"), engine)).classifier.predict(crops)
        for engine in ("litert", "tensorflow")
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("name", ["curves", "confusion", "network"])
def test_the_report_is_drawn(home, name):
    picture = cv2.imread(str(home / "run" / f"{name}.png"))
    assert min(picture.shape[:2]) > 300
    assert (picture < 250).any(axis=2).mean() > 0.01, "it is blank"


def test_evaluate_measures_what_is_deployed(home):
    arguments = ["evaluate", "--csv", home / "fer2013.csv", "--store", home / "store"]
    figures = json.loads(training(*arguments, "--json").stdout)
    assert (figures.pop("version"), figures.pop("engine")) == ("1", "litert")
    assert figures == Manifest.read(home / "run" / "bundles" / "litert").metrics
    text = training(*arguments).stdout
    assert text.startswith("Version 1, engine litert\n")
    assert f"{figures['private_test']['accuracy']:.1%}" in text


def test_a_training_starts_from_another(home, tmp_path):
    arguments = ["--csv", home / "fer2013.csv", "--run", tmp_path / "run", *RECIPE]
    result = training("fit", *arguments, "--start-from", home / "run" / "model.keras")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["start_from"] == sha256(
        home / "run" / "model.keras"
    )
    assert_refused(training("fit", *arguments), "holds a run with other settings")


def test_a_version_that_exists_is_refused_before_the_training(home, tmp_path):
    arguments = ["--csv", home / "fer2013.csv", "--run", tmp_path / "run", "--version", "1", *RECIPE]
    result = training("train", "--store", home / "store", *arguments)
    assert_refused(result, "holds version 1 already; choose another")
    assert not (tmp_path / "run").exists()


def test_the_csv_has_to_be_the_one_that_was_trained_on(home, tmp_path):
    other = csvs.write(tmp_path / "other.csv", csvs.rows()[::-1])
    assert_refused(
        training("export", "--csv", other, "--run", home / "run"), "was not trained on .*other.csv"
    )


def assert_refused(result, reason: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert re.search(reason, result.stderr), result.stderr
    assert "Traceback" not in result.stderr


def test_a_bad_csv_is_refused_and_nothing_written(tmp_path):
    bad = csvs.write(tmp_path / "bad.csv", [csvs.row(), csvs.row(9)])
    for command in (["fit", "--run", tmp_path / "run"], ["evaluate", "--store", tmp_path / "none"]):
        assert_refused(training(*command, "--csv", bad), "bad.csv: row 3 has the emotion '9', not 0 to 6")
    assert [file.name for file in tmp_path.iterdir()] == ["bad.csv"]


def test_a_missing_csv_is_refused(tmp_path):
    assert_refused(training("train", "--csv", tmp_path / "none.csv"), "none.csv' does not exist")


def test_stages_out_of_order_are_told_what_is_missing(tmp_path):
    csv = csvs.write(tmp_path / "fer2013.csv", csvs.rows())
    run = ["--run", tmp_path / "run"]
    assert_refused(
        training("export", "--csv", csv, *run), "provenance.json is missing; .* python -m training fit"
    )
    assert_refused(training("report", *run), "manifest.json is missing; .* python -m training export")
    assert_refused(training("publish", *run, "--store", tmp_path / "s"), "no exported bundle to publish")
    assert not (tmp_path / "s").exists()


def test_publish_promote_and_roll_back(tmp_path):
    store = str(tmp_path / "store")
    for version in ("1", "2"):
        bundles.make(tmp_path / version / "bundles", version)
    assert training("publish", "--run", tmp_path / "1", "--store", store).exit_code == 0
    assert training("publish", "--run", tmp_path / "2", "--store", store, "--no-promote").exit_code == 0
    current = tmp_path / "store" / "current.json"
    assert json.loads(current.read_text())["version"] == "1"
    assert "Version 2 is deployed" in training("promote", "2", "--store", store).stderr
    assert json.loads(current.read_text())["version"] == "2"
    assert "Version 1 is deployed" in training("rollback", "--store", store).stderr
    assert json.loads(current.read_text())["version"] == "1"
    assert_refused(training("rollback", "--store", store), "records no version before 1")


def test_help_teaches():
    result = training()
    assert "python -m training train --csv fer2013.csv --store models" in result.output
    for command in ("train", "fit", "export", "report", "publish", "evaluate", "promote", "rollback"):
        assert f"\n  {command}" in result.output
        assert "Traceback" not in training(command, "--help").output
