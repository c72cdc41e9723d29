"""Scores that mean what they say: fitted on PublicTest, so that of faces said to be 80 % sad 80 % are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import minimize

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Calibration(NamedTuple):
    """Probabilities are the softmax of `logits * scale + bias`."""

    scale: float
    """One over the temperature (Guo et al. 2017, arXiv:1706.04599)."""
    bias: NDArray[np.float64]
    """Of each class, (C,), sums to 0: moves the border between two classes to where it costs least."""


def calibrate(logits: NDArray[np.floating], labels: NDArray[np.int64]) -> Calibration:
    """The calibration of least cross-entropy: temperature scaling, and a bias for each class.

    Args:
        logits: of the faces, (N, C).
        labels: indices of the true classes, (N,).
    """
    logits, classes = logits.astype(np.float64), logits.shape[1]  # the derivatives are differences

    def unpack(parameters: NDArray[np.float64]) -> Calibration:
        bias = np.append(parameters[1:], -parameters[1:].sum())
        return Calibration(float(np.exp(parameters[0])), bias)

    def cost(parameters: NDArray[np.float64]) -> float:
        likelihood = probabilities(logits, unpack(parameters))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(likelihood, 1e-12)).mean())

    return unpack(minimize(cost, np.zeros(classes), method="BFGS").x)


def probabilities(logits: NDArray[np.floating], calibration: Calibration) -> NDArray[np.float64]:
    """The calibrated softmax, (N, C), of logits (N, C)."""
    logits = logits * calibration.scale + calibration.bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
