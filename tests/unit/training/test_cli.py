"""The whole training on a few faces of noise, through the command line, and what it says to bad input."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, get_args

import click
import numpy as np
import pytest

from emotion_bot.manifest import Engine, Manifest
from emotion_bot.store import open_bundle, release
from emotion_bot.vision import Recognizer
from tests.unit.training import csvs
from training.cli import cli
from training.prepared import load
from training.runs import Run, sha256

if TYPE_CHECKING:
    from pathlib import Path

# Keras' TensorFlow backend and NumPy 2 do not agree on __array__ yet.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def assert_refused(result, reason: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert re.search(reason, result.stderr), result.stderr
    assert "Traceback" not in result.stderr


def test_progress_and_outcome_are_told(home):
    assert "Epoch  1/1  training " in home.output
    assert f"{home.run / 'model.keras'}: " in home.output
    assert "on PublicTest after epoch 1" in home.output
    assert f"{home.store} holds version 1 now." in home.output
    assert f"Version 1 is deployed in {home.store}." in home.output


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_the_bundle_opens_and_says_where_it_comes_from(home, engine):
    recognizer = Recognizer.load(open_bundle(str(home.store), engine))
    manifest = recognizer.manifest
    assert (manifest.version, manifest.engine, manifest.labels) == ("1", engine, ("happy", "sad", "neutral"))
    assert manifest.training["name"] == "seed"
    assert manifest.training["recipe"]["epochs"] == 1
    assert manifest.training["rows"] == {"Training": 140, "PublicTest": 12, "PrivateTest": 12}
    assert manifest.training["data_md5"] == load(home.csv).data_md5
    assert len(manifest.training["votes_md5"]) == 32
    assert manifest.metrics["private_test"]["rows"] == 12
    assert manifest.metrics["private_test"]["ferplus"]["rows"] > 0
    scores = recognizer.classifier.predict(np.zeros((3, 48, 48), np.uint8))
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


def test_both_engines_say_much_the_same(home):
    crops = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)
    ours, theirs = (
        Recognizer.load(open_bundle(str(home.store), engine)).classifier.predict(crops)
        for engine in ("litert", "tensorflow")
    )
    np.testing.assert_allclose(ours, theirs, atol=0.05)  # one has weights of 8 bits


def test_evaluate_measures_what_is_deployed(home, training):
    arguments = ["evaluate", "--csv", home.csv, "--votes", home.votes, "--store", home.store]
    figures = json.loads(training(*arguments, "--json").stdout)
    assert (figures.pop("version"), figures.pop("engine")) == ("1", "litert")
    assert figures == Manifest.read(home.run / "bundles" / "litert").metrics
    text = training(*arguments).stdout
    assert text.startswith("Version 1, engine litert\n")
    assert f"{figures['private_test']['accuracy']:.1%}" in text


def test_photographs_measures_the_whole_bot(home, training, photos, tmp_path):
    for label, name in {"happy": "astronaut.png", "neutral": "chelsea.png"}.items():
        (tmp_path / label).mkdir()
        shutil.copy(photos / name, tmp_path / label)
    arguments = ["photographs", tmp_path, "--store", home.store]
    figures = json.loads(training(*arguments, "--json").stdout)
    assert (figures["version"], figures["engine"]) == ("1", "litert")
    assert training(*arguments).stdout.startswith("Version 1, engine litert\n")
    (tmp_path / "joyous").mkdir()
    assert_refused(training(*arguments), "joyous")


def test_prepare_packs_the_data_for_the_other_commands(home, training, tmp_path):
    out = tmp_path / "data.npz"
    result = training("prepare", "--csv", home.csv, "--votes", home.votes, "--out", out)
    assert result.exit_code == 0, result.output
    assert re.search(r"used +140 +12 +12\n", result.stdout)
    assert f"{out} holds it now" in result.stderr
    again = training("evaluate", "--csv", out, "--store", home.store, "--json")
    assert json.loads(again.stdout)["private_test"]["ferplus"]["rows"] > 0
    assert training("fit", "--csv", out, "--run", home.run, "--recipe", "seed").exit_code == 0
    table = result.stdout
    assert training("prepare", "--csv", out, "--out", tmp_path / "again.npz").stdout == table
    assert (tmp_path / "again.npz").read_bytes() == out.read_bytes()


@pytest.mark.parametrize("name", ["csv", "votes"])
def test_prepare_does_not_write_over_what_it_reads(home, training, name):
    file = getattr(home, name)
    before = file.read_bytes()
    result = training("prepare", "--csv", home.csv, "--votes", home.votes, "--out", file)
    assert_refused(result, "is what is to be read; choose another file to write")
    assert file.read_bytes() == before


GOOD = csvs.row()
BAD = {
    "an unknown emotion": (["9" + GOOD[1:]], "row 198 has the emotion '9', not 0 to 6"),
    "wrong pixel counts": ([GOOD.replace(",", ",1 ", 1)], "row 198 has 2305 pixels, not 2304"),
    "an unknown Usage": ([GOOD.replace("Training", "Test")], "row 198 has the Usage 'Test', not one of"),
    "fewer fields": (["3,1 2 3"], "row 198 has fewer fields than the header"),
}


@pytest.fixture(params=BAD)
def bad(request, tmp_path) -> tuple[Path, str]:
    lines, reason = BAD[request.param]
    return csvs.write(tmp_path / "bad.csv", [*csvs.rows(), *lines]), f"bad.csv: {reason}"


def test_a_bad_csv_is_refused_and_nothing_written(bad, training, tmp_path):
    csv, reason = bad
    for command in (
        ["prepare", "--out", tmp_path / "out.npz"],
        ["fit", "--run", tmp_path / "run"],
        ["train", "--run", tmp_path / "run", "--store", tmp_path / "store"],
        ["evaluate", "--store", tmp_path / "store"],
        ["geometry", "--store", tmp_path / "store"],
    ):
        assert_refused(training(*command, "--csv", csv), reason)
    assert [file.name for file in tmp_path.iterdir()] == ["bad.csv"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"emotion,Usage\n3,Training\n", "row 1 has no column pixels; expected emotion,pixels,Usage"),
        (b"\x89PNG\r\n\x1a\n", "not plain ASCII text"),
        (b"PK\x03\x04", "is not, or no longer, what `python -m training prepare` wrote"),
    ],
)
def test_what_is_no_data_is_refused_and_nothing_written(training, tmp_path, content, reason):
    (tmp_path / "fer2013.csv").write_bytes(content)
    assert_refused(
        training("prepare", "--csv", tmp_path / "fer2013.csv", "--out", tmp_path / "o.npz"), reason
    )
    assert [file.name for file in tmp_path.iterdir()] == ["fer2013.csv"]


def test_votes_of_other_data_are_refused_and_nothing_written(training, tmp_path):
    csv = csvs.write(tmp_path / "fer2013.csv", csvs.rows())
    votes = csvs.write_votes(tmp_path / "votes.csv", 12)
    result = training("prepare", "--csv", csv, "--votes", votes, "--out", tmp_path / "out.npz")
    assert_refused(result, "votes.csv has 12 rows for 196 faces; it is the file of other data")
    assert not (tmp_path / "out.npz").exists()


def test_a_missing_csv_is_refused(training, tmp_path):
    for command in ("prepare", "train"):
        assert_refused(training(command, "--csv", tmp_path / "none.csv"), "none.csv' does not exist")


def test_a_training_starts_from_another_and_learns_from_a_teacher(home, training, tmp_path):
    arguments = [
        "fit",
        "--csv",
        home.csv,
        "--votes",
        home.votes,
        "--run",
        tmp_path / "run",
        "--recipe",
        "seed",
    ]
    network = home.run / "model.keras"
    result = training(*arguments, "--start-from", network, "--teacher", home.run)
    assert result.exit_code == 0, result.output
    provenance = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert provenance["start_from"] == sha256(network)
    assert provenance["teachers"] == [sha256(network)]
    assert_refused(training(*arguments), "holds a run with other settings")


def test_a_run_learns_from_the_same_data_to_its_end(home, training):
    before = (home.run / "data.json").read_bytes()
    arguments = ["fit", "--csv", home.csv, "--run", home.run, "--recipe", "seed"]
    assert_refused(training(*arguments), "holds a run on other data or votes; choose another folder")
    assert (home.run / "data.json").read_bytes() == before


def test_a_version_that_exists_is_refused_before_the_training(home, training, tmp_path):
    arguments = ["--csv", home.csv, "--run", tmp_path / "run", "--version", "1"]
    result = training("train", "--store", home.store, *arguments)
    assert_refused(result, "holds version 1 already; choose another")
    assert not (tmp_path / "run").exists()


def test_the_csv_has_to_be_the_one_that_was_trained_on(home, training, tmp_path):
    other = csvs.write(tmp_path / "other.csv", csvs.rows()[::-1])
    result = training("export", "--csv", other, "--run", home.run)
    assert_refused(result, "was trained on other data; give the CSV that it was trained on")


def test_stages_out_of_order_are_told_what_is_missing(home, training, tmp_path):
    run = ["--run", tmp_path / "run"]
    assert_refused(
        training("export", "--csv", home.csv, *run), "provenance.json is missing; .* python -m training fit"
    )
    assert_refused(training("report", *run), "manifest.json is missing; .* python -m training export")
    assert_refused(
        training("publish", *run, "--store", tmp_path / "s"),
        "manifest.json is missing; .* python -m training export",
    )
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def exported(home, tmp_path):
    """Copies of the run, under another version and with another figure."""

    def copy(version: str, accuracy: float) -> Path:
        run = tmp_path / version
        for engine in ("litert", "tensorflow"):
            folder = shutil.copytree(home.run / "bundles" / engine, run / "bundles" / engine)
            manifest = Manifest.read(folder)
            public = manifest.metrics["public_test"] | {"accuracy": accuracy, "rows": 2155}
            metrics = manifest.metrics | {"public_test": public}
            changed = manifest.model_copy(update={"version": version, "metrics": metrics})
            (folder / "manifest.json").write_text(changed.model_dump_json())
        return run

    return copy


def test_publish_promote_and_roll_back(exported, training, tmp_path):
    store, current = str(tmp_path / "store"), tmp_path / "store" / "current.json"
    assert training("publish", "--run", exported("1", 0.8), "--store", store).exit_code == 0
    assert training("publish", "--run", exported("2", 0.79), "--store", store, "--no-promote").exit_code == 0
    assert json.loads(current.read_text())["version"] == "1"
    assert "Version 2 is deployed" in training("promote", "2", "--store", store).stderr
    assert json.loads(current.read_text())["version"] == "2"
    assert "Version 1 is deployed" in training("rollback", "--store", store).stderr
    assert json.loads(current.read_text())["version"] == "1"
    assert_refused(training("rollback", "--store", store), "records no version before 1")


def test_try_out_show_and_promote(exported, training, tmp_path):
    store = str(tmp_path / "store")
    training("publish", "--run", exported("1", 0.8), "--store", store)
    training("publish", "--run", exported("2", 0.8), "--store", store, "--no-promote")
    result = training("trial", "2", "--store", store)
    assert "Version 1 is deployed in" in result.stderr
    assert "and version 2 is on trial with 10 % of the photos." in result.stderr
    assert training("show", "--store", store).stdout.splitlines() == [
        "1  deployed    90 %  litert, tensorflow",
        "2  on trial    10 %  litert, tensorflow",
    ]
    assert "on trial" not in training("trial", "--end", "--store", store).stderr
    assert training("trial", "2", "--share", "50", "--store", store).exit_code == 0
    listed = json.loads(training("show", "--store", store, "--json").stdout)
    assert [(each["version"], each["state"], each["share"]) for each in listed] == [
        ("1", "deployed", 50),
        ("2", "on trial", 50),
    ]
    assert training("promote", "2", "--store", store).exit_code == 0
    assert_refused(training("trial", "--end", "--store", store), "No version is on trial")


@pytest.mark.parametrize(
    "arguments",
    [[], ["2", "--end"], ["--end", "--share", "10"], ["2", "--share", "0"], ["2", "--share", "100"]],
)
def test_a_trial_is_of_a_version_or_is_ended(training, tmp_path, arguments):
    result = training("trial", *arguments, "--store", tmp_path)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_what_another_store_holds_is_published(exported, training, tmp_path):
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    training("publish", "--run", exported("1", 0.8), "--store", here)
    result = training("publish", "--from", here, "--store", there)
    assert "Version 1 is deployed in" in result.stderr, result.output
    training("publish", "--run", exported("2", 0.7), "--store", here, "--no-promote", "--force")
    worse = ["publish", "--from", here, "--version", "2", "--store", there]
    assert_refused(training(*worse), "worse by more than chance explains")
    assert not (tmp_path / "there" / "2").exists()
    assert training(*worse, "--force", "--no-promote").exit_code == 0
    assert json.loads((tmp_path / "there" / "current.json").read_text())["version"] == "1"
    assert training("publish", "--from", here, "--run", "runs/x", "--store", there).exit_code == 2
    assert training("publish", "--version", "2", "--store", there).exit_code == 2


def test_models_are_managed_where_there_is_no_tensorflow(exported, training, tmp_path, monkeypatch):
    """As in the job that releases them: with the playground's packages alone."""
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    training("publish", "--run", exported("1", 0.8), "--store", here)
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'mtcnn', 'matplotlib', 'scipy'): sys.modules[name] = None\n"
        "from training.cli import cli; cli(sys.argv[1:])"
    )
    for arguments in (
        ("publish", "--from", here, "--store", there, "--no-promote"),
        ("promote", "1", "--store", there),
        ("show", "--store", there),
    ):
        subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
    assert json.loads((tmp_path / "there" / "current.json").read_text())["version"] == "1"


def test_what_is_worse_is_published_by_force_only(exported, training, tmp_path):
    store = tmp_path / "store"
    deployed = Run(exported("1", 0.85))
    release.publish(str(store), {engine: deployed.bundle(engine) for engine in get_args(Engine)})
    release.promote(str(store), "1")
    worse = ["publish", "--run", exported("2", 0.8), "--store", store]
    assert_refused(training(*worse), r"80\.0%.* version 1, deployed in .* 85\.0%.*: --force")
    assert not (store / "2").exists()
    result = training(*worse, "--force")
    assert result.exit_code == 0, result.output
    assert json.loads((store / "current.json").read_text())["version"] == "2"


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_what_does_not_load_is_not_published_even_by_force(exported, training, tmp_path, engine):
    run = exported("1", 0.8)
    model = next((run / "bundles" / engine).glob("emotion.*"))
    model.write_bytes(b"no model")
    manifest = Manifest.read(model.parent)
    vouched = manifest.model_copy(update={"files": manifest.files | {model.name: sha256(model)}})
    (model.parent / "manifest.json").write_text(vouched.model_dump_json())
    result = training("publish", "--run", run, "--store", tmp_path / "store", "--force")
    assert_refused(result, f"The {engine} bundle in .* does not load")
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", cli.commands)
def test_help_teaches_each_command(training, name):
    result = training(name, "--help")
    assert result.exit_code == 0
    paragraph, _, _ = result.stdout.partition("Options:")
    assert len(re.findall(r"\w+", paragraph)) > 40, "it says too little"
    assert f"\n  python -m training {name} " in paragraph, "it shows no example"
    for option in cli.commands[name].params:
        assert isinstance(option, click.Argument) or option.help, f"{option.name} is not explained"
    assert len(cli.commands[name].get_short_help_str(80)) < 60


def test_every_example_of_the_help_is_a_command_that_exists(training):
    texts = [training().output, *(training(name, "--help").stdout for name in cli.commands)]
    examples = re.findall(r"^ +python -m training (\S+)(.*)$", "\n".join(texts), re.MULTILINE)
    assert {name for name, _ in examples} == set(cli.commands)
    for name, arguments in examples:
        known = {
            flag for option in cli.commands[name].params for flag in (*option.opts, *option.secondary_opts)
        }
        assert set(re.findall(r"--[a-z-]+", arguments)) <= known, name


def test_help_needs_neither_keras_nor_matplotlib():
    code = (
        "import sys; from training.cli import cli; cli(['fit', '--help'], standalone_mode=False);"
        "assert not {'keras', 'tensorflow', 'jax', 'matplotlib', 'boto3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
