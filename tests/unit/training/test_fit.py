from __future__ import annotations

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from tests.unit.training import csvs
from training.augment import AugmentedBatches, augment
from training.data import CLASSES, read, training_rows
from training.diagram import parts
from training.export import released_classifier
from training.fit import fit
from training.network import NETWORKS
from training.objective import EmotionLoss, ReleasedAccuracy
from training.recipes import Recipe
from training.runs import Run, TrainingError, sha256

# Keras' TensorFlow backend and NumPy 2 do not agree on __array__ yet.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)

QUICK = Recipe("tiny", epochs=2, learning_rate=0.02, batch=50, others=0.5)


def tiny() -> keras.Model:
    """A network that is traced in no time."""
    faces = keras.Input((48, 48), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(faces))
    x = keras.layers.Dense(8, activation="relu", name="hidden")(x)
    return keras.Model(faces, keras.layers.Dense(len(CLASSES), name="logits")(x), name="tiny")


@pytest.fixture(scope="module", autouse=True)
def network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NETWORKS, "tiny", tiny)
        yield


@pytest.fixture(scope="module")
def splits(tmp_path_factory):
    return read(csvs.write(tmp_path_factory.mktemp("csv") / "fer2013.csv", csvs.rows()))


@pytest.fixture(scope="module")
def run(splits, tmp_path_factory):
    """A finished run."""
    finished = Run(tmp_path_factory.mktemp("run"))
    fit(splits, QUICK, finished)
    return finished


def network_of(run: Run) -> keras.Model:
    return keras.saving.load_model(run.network, compile=False)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(logits: np.ndarray, true: np.ndarray, smoothing: float) -> np.ndarray:
    target = np.eye(logits.shape[1])[true] * (1 - smoothing) + smoothing / logits.shape[1]
    return -(target * np.log(softmax(logits))).sum(axis=1)


def test_the_loss_asks_all_faces_for_seven_classes_and_the_released_for_three():
    logits = np.random.default_rng(0).normal(size=(4, 7)).astype(np.float32)
    true = np.array([0, 2, 3, 6])
    expected = cross_entropy(logits, true, 0.1)
    expected[:2] += cross_entropy(logits[:2, :3], true[:2], 0.1)
    loss = EmotionLoss(0.1)(np.eye(7, dtype=np.float32)[true], logits)
    assert float(loss) == pytest.approx(expected.mean(), rel=1e-4)


def test_the_accuracy_counts_released_faces_and_their_three_logits_only():
    logits = np.array([[2, 1, 0, 9, 0, 0, 0], [2, 1, 0, 0, 0, 0, 0], [9, 0, 0, 1, 0, 0, 0]], np.float32)
    accuracy = ReleasedAccuracy()
    accuracy.update_state(np.eye(7, dtype=np.float32)[[0, 1, 3]], logits)
    assert float(accuracy.result()) == pytest.approx(1 / 2)


def test_an_augmented_face_is_a_face_and_depends_on_the_seed_alone(splits):
    face = splits["Training"].crops[0]
    faces = [augment(face, 1.0, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert faces[0].shape == (48, 48)
    assert faces[0].dtype == np.uint8
    assert (faces[0] == faces[1]).all()
    assert (faces[0] != faces[2]).any()
    for seed in range(8):
        mirrored = augment(face, 0.0, np.random.default_rng(seed))
        assert (mirrored == face).all() or (mirrored == face[:, ::-1]).all()


def test_an_epoch_holds_every_released_face_and_a_share_of_the_others(splits):
    rows = training_rows(splits)
    batches = AugmentedBatches(rows, batch=30, strength=0.0, others=0.5, seed=1)
    batches.start_epoch(3)
    assert len(batches) == 4
    labels = np.concatenate([batches[index][1] for index in range(len(batches))])
    assert labels.shape == (60 + 40, len(CLASSES))
    assert labels[:, :3].sum() == 60
    again = AugmentedBatches(rows, batch=30, strength=0.0, others=0.5, seed=1)
    again.start_epoch(3)
    assert (again[1][0] == batches[1][0]).all()
    again.start_epoch(4)
    assert (again[1][0] != batches[1][0]).any()


def test_a_finished_run_stays_as_it_is(run, splits):
    assert [epoch.number for epoch in run.epochs()] == [1, 2]
    before = run.network.read_bytes(), run.log.read_bytes()
    fit(splits, QUICK, run)
    assert (run.network.read_bytes(), run.log.read_bytes()) == before


def test_a_run_that_was_cut_off_goes_on_after_its_last_epoch(splits, tmp_path, monkeypatch):
    start_epoch = AugmentedBatches.start_epoch

    def cut_off(self, epoch):
        if epoch == 1:
            raise KeyboardInterrupt
        start_epoch(self, epoch)

    cut = Run(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(AugmentedBatches, "start_epoch", cut_off)
        with pytest.raises(KeyboardInterrupt):
            fit(splits, QUICK, cut)
    first = cut.log.read_text()
    assert [epoch.number for epoch in cut.epochs()] == [1]
    # As if the first epoch had been perfect: what comes after must not replace its network.
    number, *figures = first.splitlines()[1].split(",")
    columns = first.splitlines()[0].split(",")
    figures[columns.index("val_accuracy") - 1] = "1.0"
    cut.log.write_text(f"{first.splitlines()[0]}\n{','.join([number, *figures])}\n")
    kept = cut.network.read_bytes()

    fit(splits, QUICK, cut)
    assert [epoch.number for epoch in cut.epochs()] == [1, 2]
    assert cut.network.read_bytes() == kept


def test_another_run_is_not_mixed_in(run, splits):
    before = run.config.read_bytes()
    with pytest.raises(TrainingError, match="holds a run with other settings; choose another folder"):
        fit(splits, replace(QUICK, seed=1), run)
    assert run.config.read_bytes() == before


def test_training_starts_from_another_network(run, splits, tmp_path):
    started = Run(tmp_path / "started")
    fit(splits, replace(QUICK, epochs=1, learning_rate=0.0), started, start_from=run.network)
    assert json.loads(started.config.read_text())["start_from"] == sha256(run.network)
    for ours, theirs in zip(network_of(started).get_weights(), network_of(run).get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


@pytest.mark.parametrize("kind", ["another network", "no network"])
def test_what_cannot_be_started_from_is_told(run, splits, tmp_path, kind):
    start_from = tmp_path / "start.keras"
    if kind == "another network":
        NETWORKS["seed"]().save(start_from)
    else:
        start_from.write_bytes(run.log.read_bytes())
    with pytest.raises(TrainingError, match=r"start.keras cannot be started from: .* the network 'tiny'"):
        fit(splits, QUICK, Run(tmp_path / "new"), start_from=start_from)
    assert not (tmp_path / "new").exists()


def test_a_training_that_diverges_is_told(splits, tmp_path):
    with pytest.raises(TrainingError, match="lower the learning rate"):
        fit(splits, replace(QUICK, learning_rate=1e30), Run(tmp_path / "run"))


def test_the_released_classifier_is_the_mean_over_the_face_and_its_mirror_image(run, splits):
    network, faces = network_of(run), splits["PublicTest"].crops[:5]
    looks = [softmax(np.asarray(network(view))[:, :3]) for view in (faces, faces[:, :, ::-1])]
    classifier = released_classifier(network)
    np.testing.assert_allclose(np.asarray(classifier(faces)), np.mean(looks, axis=0), atol=1e-5)
    assert "training" not in json.dumps(classifier.get_config(), default=str), "needs code of ours to load"


@pytest.mark.parametrize("name", NETWORKS)
def test_light_and_contrast_do_not_change_the_logits(name):
    network = NETWORKS[name]()
    face = np.random.default_rng(0).integers(0, 120, (1, 48, 48), dtype=np.uint8)
    lit = (face * 2 + 10).astype(np.uint8)
    assert network.output_shape == (None, len(CLASSES))
    np.testing.assert_allclose(np.asarray(network(face)), np.asarray(network(lit)), atol=0.02)


def test_the_diagram_shows_every_convolution_and_shortcut():
    kinds = [part.kind for part in parts(NETWORKS["residual"]())]
    assert kinds.count("convolution") == 13
    assert kinds.count("shortcut") == 6
    assert kinds[-2:] == ["vector", "vector"]
    assert [part.side for part in parts(NETWORKS["seed"]()) if part.kind == "convolution"] == [
        48,
        48,
        24,
        24,
        12,
        12,
    ]
