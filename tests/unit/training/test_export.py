from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from training.calibrate import calibrate, probabilities
from training.data import BALLOT, Faces
from training.export import bare_classifier, released_classifier
from training.network import NETWORKS

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
RANDOM = np.random.default_rng(0)
PUBLIC = Faces(
    crops=RANDOM.integers(0, 256, (40, 48, 48), dtype=np.uint8),
    labels=RANDOM.integers(0, 3, 40),
    votes=np.zeros((40, len(BALLOT)), np.int64),
)


@pytest.fixture(scope="module", params=["float32", "mixed_bfloat16"])
def network(request):
    keras.config.set_dtype_policy(request.param)
    try:
        return NETWORKS["seed"]()
    finally:
        keras.config.set_dtype_policy("float32")


def test_the_released_classifier_is_the_calibrated_network(network):
    logits = np.asarray(network(PUBLIC.crops))[:, :3]
    expected = probabilities(logits, calibrate(logits, PUBLIC.labels))
    classifier = released_classifier(network, PUBLIC)
    np.testing.assert_allclose(np.asarray(classifier(PUBLIC.crops)), expected, atol=0.02)
    np.testing.assert_allclose(np.asarray(classifier(PUBLIC.crops)).sum(axis=1), 1, rtol=1e-5)


def test_it_loads_with_no_code_of_ours_and_computes_in_float32(network):
    config = json.dumps(released_classifier(network, PUBLIC).get_config(), default=str)
    assert "training>" not in config
    assert "bfloat16" not in config


def test_a_bare_classifier_is_the_network_asked_for_three_classes(network):
    logits = np.asarray(network(PUBLIC.crops), dtype=np.float64)[:, :3]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.asarray(bare_classifier(network)(PUBLIC.crops)), expected, atol=0.02)
