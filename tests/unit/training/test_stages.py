"""What a stage leaves to the next, and that the same code trains on JAX."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import keras
import pytest

from emotion_bot.manifest import Manifest
from tests.unit.training.conftest import HARD_TO_TELL
from training.network import load
from training.runs import Run, TrainingError, write_json
from training.stages import SECOND_LOOK, check_backend

# Keras' TensorFlow backend and NumPy 2 do not agree on __array__ yet.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


def test_the_threshold_is_chosen_once_on_public_test_and_holds_for_both_engines(home):
    assert home.asked == [((12, 3), (12,))]
    for engine in ("litert", "tensorflow"):
        assert Manifest.read(home.run / "bundles" / engine).hard_to_tell == HARD_TO_TELL


@pytest.mark.parametrize(("bare", "second_look"), [(True, 0), (False, SECOND_LOOK)])
def test_who_is_not_sure_looks_twice_but_not_the_bare_network(home, training, tmp_path, bare, second_look):
    run = Run(shutil.copytree(home.run, tmp_path / "run"))
    provenance = run.read_json(run.provenance, "fit")
    write_json(run.provenance, provenance | {"recipe": provenance["recipe"] | {"bare": bare}})
    result = training("export", "--csv", home.csv, "--run", run.folder, "--version", "2")
    assert result.exit_code == 0, result.output
    for engine in ("litert", "tensorflow"):
        assert Manifest.read(run.bundle(engine)).second_look == second_look


def test_the_run_folder_holds_what_it_is_made_of(home):
    assert {file.name for file in home.run.iterdir()} == {
        "backup", "bundles", "config.json", "confusion.png", "curves.png", "data.json", "log.csv",
        "model-card.md", "model.keras", "network.png", "provenance.json", "reliability.png",
    }  # fmt: skip


ON_JAX = """
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name in ("tensorflow", "ai_edge_litert", "mtcnn"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())
from tests.unit.training import tiny
from training.cli import cli

with tiny.in_place_of("seed"):
    for arguments in (
        ["prepare", "--csv", "fer2013.csv", "--out", "fer2013.npz"],
        ["fit", "--csv", "fer2013.npz", "--recipe", "seed", "--run", "run"],
        ["report", "--run", sys.argv[1]],
    ):
        cli(arguments, standalone_mode=False)
cli(["export", "--csv", "fer2013.npz", "--run", "run"])
"""


def test_the_same_code_prepares_fits_and_reports_on_jax_where_there_is_no_tensorflow(home, tmp_path, request):
    (tmp_path / "fer2013.csv").symlink_to(home.csv)
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": str(request.config.rootpath),
    }
    done = subprocess.run(
        [sys.executable, "-c", ON_JAX, home.run],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "jax can fit, but only TensorFlow can export; fit first, then export with KERAS_B" in done.stderr
    run = Run(tmp_path / "run")
    versions = json.loads(run.provenance.read_text())["versions"]
    assert "jax" in versions
    assert "tensorflow" not in versions
    assert len(run.epochs()) == 1
    assert load(run.network).output_shape == (None, 15), "TensorFlow cannot load what JAX trained"


def test_a_backend_that_cannot_export_is_told_before_the_training(home, training, tmp_path, monkeypatch):
    check_backend()
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(TrainingError, match="torch can fit, but only TensorFlow can export"):
        check_backend()
    result = training("train", "--csv", home.csv, "--run", tmp_path / "run", "--store", tmp_path / "store")
    assert "torch can fit" in result.stderr
    assert list(tmp_path.iterdir()) == []
