from __future__ import annotations

import numpy as np
import pytest

from training.calibrate import Calibration, calibrate, probabilities
from training.evaluate import calibration_error


def drawn(scale: float, bias: list[float], faces: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn from what they should have meant."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (faces, 3)).astype(np.float32)
    meant = probabilities(logits, Calibration(scale, np.array(bias)))
    labels = (random.random((faces, 1)) > meant.cumsum(axis=1)).sum(axis=1)
    return logits, labels


@pytest.mark.parametrize(("scale", "bias"), [(1.0, [0, 0, 0]), (0.4, [0.5, -0.2, -0.3]), (1.7, [0, 1, -1])])
def test_the_temperature_and_bias_that_labels_were_drawn_with_are_found(scale, bias):
    found = calibrate(*drawn(scale, bias))
    assert found.scale == pytest.approx(scale, rel=0.05)
    np.testing.assert_allclose(found.bias, bias, atol=0.06)


def test_calibrated_scores_are_as_right_as_they_say():
    logits, labels = drawn(0.4, [0.5, -0.2, -0.3])
    errors = []
    for calibration in (Calibration(1.0, np.zeros(3)), calibrate(logits, labels)):
        scores = probabilities(logits, calibration)
        errors.append(calibration_error(scores.max(axis=1), scores.argmax(axis=1) == labels))
    assert errors[0] > 0.1
    assert errors[1] < 0.02
