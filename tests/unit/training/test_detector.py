"""MTCNN's networks without their normalisation, their softmax and their several heads say the same."""

import numpy as np
import pytest

from training.detector import MEAN, NETWORKS, SCALE, merged, original


@pytest.mark.parametrize(("name", "shape"), [("pnet", (61, 90)), ("rnet", (24, 24)), ("onet", (48, 48))])
def test_the_merged_network_says_what_the_packages_does(name, shape):
    pixels = np.random.default_rng(0).integers(0, 256, (2, *shape, 3)).astype(np.float32)
    reference = [np.asarray(answer) for answer in original(name)((pixels - MEAN) / SCALE)]
    by_length = {answer.shape[-1]: answer for answer in reference}
    answers = np.asarray(merged(name)(pixels))
    np.testing.assert_allclose(1 / (1 + np.exp(-answers[..., 0])), by_length[2][..., 1], atol=1e-5)
    np.testing.assert_allclose(answers[..., 1:5], by_length[4], atol=1e-5)
    if name == "onet":
        np.testing.assert_allclose(answers[..., 5:], by_length[10], atol=1e-5)
    assert answers.shape[-1] == (15 if name == "onet" else 5)
    assert set(NETWORKS) == {"pnet", "rnet", "onet"}
