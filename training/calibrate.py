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


def calibrate(looks: NDArray[np.floating], labels: NDArray[np.int64]) -> Calibration:
    """The calibration of least cross-entropy: temperature scaling, and a bias for each class.

    Args:
        looks: logits of several looks at the same faces, (L, N, C); the answer is the mean of their softmax.
        labels: indices of the true classes, (N,).
    """
    looks, classes = looks.astype(np.float64), looks.shape[2]  # the derivatives are differences

    def unpack(parameters: NDArray[np.float64]) -> Calibration:
        bias = np.append(parameters[1:], -parameters[1:].sum())
        return Calibration(float(np.exp(parameters[0])), bias)

    def cost(parameters: NDArray[np.float64]) -> float:
        likelihood = probabilities(looks, unpack(parameters))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(likelihood, 1e-12)).mean())

    return unpack(minimize(cost, np.zeros(classes), method="BFGS").x)


def probabilities(looks: NDArray[np.floating], calibration: Calibration) -> NDArray[np.float64]:
    """Mean over the looks, (N, C), of the calibrated softmax of logits (L, N, C)."""
    logits = looks * calibration.scale + calibration.bias
    powers = np.exp(logits - logits.max(axis=2, keepdims=True))
    return np.asarray((powers / powers.sum(axis=2, keepdims=True)).mean(axis=0))
