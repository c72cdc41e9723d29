from __future__ import annotations

import keras
import numpy as np
import pytest

from training.network import NETWORKS, load
from training.normalization import BatchNormalization
from training.runs import TrainingError
from training.targets import COLUMNS

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)


@pytest.mark.parametrize("name", NETWORKS)
def test_light_and_contrast_do_not_change_the_logits(name):
    network = NETWORKS[name]()
    face = np.random.default_rng(0).integers(0, 120, (1, 48, 48), dtype=np.uint8)
    lit = (face * 2 + 10).astype(np.uint8)
    assert network.output_shape == (None, COLUMNS)
    np.testing.assert_allclose(np.asarray(network(face)), np.asarray(network(lit)), atol=0.02)


def test_batch_normalisation_computes_what_keras_own_does():
    x = np.random.default_rng(0).normal(3, 2, (16, 6, 6, 4)).astype(np.float32)
    ours, theirs = BatchNormalization(), keras.layers.BatchNormalization()
    for layer in (ours, theirs):
        layer.build(x.shape)
        layer.set_weights([np.arange(1, 5), np.arange(4), np.zeros(4), np.ones(4)])
    for training in (True, False):
        np.testing.assert_allclose(
            np.asarray(ours(x, training=training)),
            np.asarray(theirs(x, training=training)),
            rtol=1e-3,
            atol=1e-3,
        )
    # The fused kernel's moving variance is the unbiased one; of 576 values that is a difference of 0.2 %.
    for mine, keras_own in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=2e-3)


def test_batch_normalisation_keeps_bfloat16_and_its_own_numbers_in_float32():
    layer = BatchNormalization()
    out = layer(keras.ops.cast(np.ones((2, 3, 3, 4)), "bfloat16"), training=True)
    assert keras.backend.standardize_dtype(out.dtype) == "bfloat16"
    assert {weight.dtype for weight in layer.weights} == {"float32"}


def test_a_network_survives_being_saved(tmp_path):
    network = NETWORKS["residual"]()
    network.save(tmp_path / "model.keras")
    faces = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    np.testing.assert_array_equal(
        np.asarray(load(tmp_path / "model.keras")(faces)), np.asarray(network(faces))
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no network"])
def test_what_holds_no_network_is_told(tmp_path, content):
    file = tmp_path / "model.keras"
    file.write_bytes(content)
    with pytest.raises(TrainingError, match=r"model.keras is not the model.keras of a run"):
        load(file)
