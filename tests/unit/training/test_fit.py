from __future__ import annotations

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from tests.unit.training import csvs
from training.augment import AugmentedBatches, augment, mix, spoil
from training.data import BALLOT, read, training_rows
from training.diagram import parts
from training.fit import fit
from training.network import NETWORKS, load
from training.objective import EmotionLoss, ReleasedAccuracy
from training.recipes import Recipe
from training.runs import Run, TrainingError, sha256
from training.targets import COLUMNS, targets

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
    return keras.Model(faces, keras.layers.Dense(COLUMNS, name="logits")(x), name="tiny")


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


def log_softmax(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def test_the_loss_asks_for_seven_classes_for_the_released_three_and_for_the_votes():
    random = np.random.default_rng(0)
    logits = random.normal(size=(3, COLUMNS)).astype(np.float32)
    true = random.random((3, COLUMNS)).astype(np.float32)
    true[2, :3] = 0  # none of the three
    true[1, 7:] = 0  # nobody voted
    parts = [
        -(true[:, columns] * log_softmax(logits[:, columns])).sum(axis=1)
        for columns in (slice(7), slice(3), slice(7, None))
    ]
    assert parts[1][2] == 0
    assert parts[2][1] == 0
    expected = parts[0] + parts[1] + 0.3 * parts[2]
    assert float(EmotionLoss(0.3)(true, logits)) == pytest.approx(expected.mean(), rel=1e-4)


def test_the_accuracy_counts_released_faces_and_their_three_logits_only():
    logits = np.zeros((3, COLUMNS), np.float32)
    logits[:, :4] = [[2, 1, 0, 9], [2, 1, 0, 0], [9, 0, 0, 1]]
    accuracy = ReleasedAccuracy()
    accuracy.update_state(np.eye(COLUMNS, dtype=np.float32)[[0, 1, 3]], logits)
    assert float(accuracy.result()) == pytest.approx(1 / 2)


def test_targets_are_the_smoothed_label_and_the_votes_for_emotions(splits):
    faces = splits["Training"].where(np.arange(140) < 2)
    votes = np.zeros((2, len(BALLOT)), np.int64)
    votes[0, [0, 3, 9]] = 5, 3, 2  # neutral, sadness, no face
    learned = targets(replace(faces, votes=votes), label_smoothing=0.07)
    assert learned.shape == (2, COLUMNS)
    assert learned[0, faces.labels[0]] == pytest.approx(0.94)
    np.testing.assert_allclose(learned[:, :7].sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(learned[:, 7:], [[0.5, 0, 0, 0.3, 0, 0, 0, 0], [0] * 8], atol=1e-7)


def test_spoilt_faces_lose_their_fine_detail(splits):
    def detail(face):
        return np.abs(np.diff(face.astype(float))).mean()

    face = splits["Training"].crops[0]  # noise: all detail
    faces = [spoil(face, np.random.default_rng(seed)) for seed in range(20)]
    assert {(spoilt.shape, spoilt.dtype) for spoilt in faces} == {((48, 48), np.dtype(np.uint8))}
    assert all((spoilt != face).any() for spoilt in faces)
    assert np.mean([*map(detail, faces)]) < 0.8 * detail(face)


def test_mixup_lays_each_face_over_another_and_mixes_their_targets_alike():
    crops = np.stack([np.full((48, 48), level, np.uint8) for level in (0, 200)])
    mixed, learned = mix(crops, np.eye(2, dtype=np.float32), 0.4, np.random.default_rng(1))
    assert mixed.dtype == np.uint8
    np.testing.assert_allclose(learned.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(mixed[:, 0, 0], 200 * learned[:, 1], atol=0.5)
    assert (learned.diagonal() >= 0.5).all(), "a face stays more itself than the other"


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


def batches_of(rows, **changed):
    settings = {"batch": 30, "strength": 0.0, "spoilt": 0.0, "mixup": 0.0, "others": 0.5, "seed": 1} | changed
    return AugmentedBatches(rows, targets(rows), **settings)


def test_an_epoch_holds_every_released_face_and_a_share_of_the_others(splits):
    rows = training_rows(splits)
    batches = batches_of(rows)
    batches.start_epoch(3)
    assert len(batches) == 4
    labels = np.concatenate([batches[index][1] for index in range(len(batches))])
    assert labels.shape == (60 + 40, COLUMNS)
    assert labels[:, :3].sum() == 60
    again = batches_of(rows)
    again.start_epoch(3)
    assert (again[1][0] == batches[1][0]).all()
    again.start_epoch(4)
    assert (again[1][0] != batches[1][0]).any()


def test_a_share_of_an_epoch_is_spoilt(splits):
    rows = training_rows(splits)
    sharp, spoilt = batches_of(rows), batches_of(rows, spoilt=0.3)
    changed = np.concatenate(
        [(sharp[index][0] != spoilt[index][0]).any(axis=(1, 2)) for index in range(len(sharp))]
    )
    assert 0.15 < changed.mean() < 0.45


def test_teachers_see_the_faces_mixed_but_not_yet_spoilt(splits):
    rows = training_rows(splits)
    seen = []

    def teach(targets, crops):
        seen.append(crops.copy())
        return targets + 1

    crops, learned = batches_of(rows, mixup=0.2, spoilt=1.0, teach=teach)[0]
    sharp, labels = batches_of(rows, mixup=0.2)[0]
    np.testing.assert_array_equal(seen, [sharp])
    np.testing.assert_array_equal(learned, labels + 1)
    assert (crops != sharp).any(axis=(1, 2)).all()


@pytest.mark.parametrize("consistent", [False, True])
def test_a_network_learns_from_its_teachers(run, splits, tmp_path, consistent):
    """From a teacher that is sure of one class, by 100 %, the network learns that class and no label."""
    network = load(run.network)
    head = network.get_layer("logits")
    kernel, bias = head.get_weights()
    bias[1] = 50
    head.set_weights([kernel * 0, bias])
    network.save(tmp_path / "sure.keras")
    learner = Run(tmp_path / "run")
    recipe = replace(QUICK, epochs=3, learning_rate=0.1, teachers=1.0, consistent=consistent)
    fit(splits, recipe, learner, teachers=[tmp_path / "sure.keras"])
    answers = load(learner.network).predict(splits["PublicTest"].crops, verbose=0)[:, :7].argmax(axis=1)
    assert set(answers) == {1}


def test_a_finished_run_stays_as_it_is(run, splits):
    assert [epoch.number for epoch in run.epochs()] == [1, 2]
    before = run.network.read_bytes(), run.log.read_bytes()
    fit(splits, QUICK, run)
    assert (run.network.read_bytes(), run.log.read_bytes()) == before


def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(run, splits, tmp_path, monkeypatch):
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
    assert [epoch.number for epoch in cut.epochs()] == [1]

    fit(splits, QUICK, cut)
    assert [epoch.number for epoch in cut.epochs()] == [1, 2]
    for ours, theirs in zip(load(cut.network).get_weights(), load(run.network).get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_another_run_is_not_mixed_in(run, splits):
    before = run.config.read_bytes()
    with pytest.raises(TrainingError, match="holds a run with other settings; choose another folder"):
        fit(splits, replace(QUICK, seed=1), run)
    assert run.config.read_bytes() == before


def test_training_starts_from_another_network(run, splits, tmp_path):
    started = Run(tmp_path / "started")
    fit(splits, replace(QUICK, epochs=1, learning_rate=0.0), started, start_from=run.network)
    assert json.loads(started.config.read_text())["start_from"] == sha256(run.network)
    for ours, theirs in zip(
        load(started.network).get_weights(), load(run.network).get_weights(), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


@pytest.mark.parametrize("kind", ["another network", "no network"])
def test_what_cannot_be_started_from_is_told(run, splits, tmp_path, kind):
    start_from = tmp_path / "start.keras"
    if kind == "another network":
        NETWORKS["seed"]().save(start_from)
    else:
        start_from.write_bytes(run.log.read_bytes())
    with pytest.raises(
        TrainingError,
        match=r"start.keras (cannot be started from: .* the network 'tiny'|is not the model.keras)",
    ):
        fit(splits, QUICK, Run(tmp_path / "new"), start_from=start_from)
    assert not (tmp_path / "new").exists()


def test_a_training_that_diverges_is_told(splits, tmp_path):
    with pytest.raises(TrainingError, match="lower the learning rate"):
        fit(splits, replace(QUICK, learning_rate=1e30), Run(tmp_path / "run"))


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
