from __future__ import annotations

import keras
import numpy as np
import pytest

from training.distill import distilled, taught
from training.network import load
from training.targets import COLUMNS

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
CROPS = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)


def teacher(path, favourite: int):
    """A network that finds the left half's brightness in every class, and one class much likelier."""
    faces = keras.Input((48, 48), dtype="uint8")
    left = keras.layers.Rescaling(1 / 255)(faces)[:, :, :24]
    x = keras.layers.Flatten()(left)
    head = keras.layers.Dense(COLUMNS, name="logits")
    network = keras.Model(faces, head(x))
    bias = np.zeros(COLUMNS)
    bias[favourite] = 3
    head.set_weights([head.get_weights()[0] * 0.05, bias])
    network.save(path)
    return path, network


def test_labels_come_from_the_teachers_by_their_share_and_votes_stay(tmp_path):
    targets = np.random.default_rng(1).dirichlet(np.ones(COLUMNS), 5).astype(np.float32)
    files, networks = zip(*(teacher(tmp_path / f"{n}.keras", n) for n in (1, 2)), strict=True)
    for mixture, views in ((distilled, (CROPS, CROPS[:, :, ::-1])), (taught, (CROPS,))):
        mixed = mixture(targets, CROPS, [load(file) for file in files], 0.25)
        looks = [keras.ops.softmax(network(crops)[:, :7]) for network in networks for crops in views]
        expected = 0.75 * targets[:, :7] + 0.25 * np.mean([np.asarray(look) for look in looks], axis=0)
        np.testing.assert_allclose(mixed[:, :7], expected, atol=1e-5)
        np.testing.assert_array_equal(mixed[:, 7:], targets[:, 7:])
