"""Below which best score a face is hard to tell: fitted on PublicTest's calibrated scores."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_FACES: Final = 200
"""From fewer faces no threshold is chosen: noise would choose it."""
MAX_SHARE: Final = 0.15
"""At most this share of the faces is hard to tell: a bot that shrugs more often answers too little."""


def choose(scores: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """The best score at which the best label is as often wrong as right, so that to name it is a coin toss.

    How often a best label is right is fitted as a logistic function of the logit of its score, to all faces
    (Platt 1999, "Probabilistic outputs for support vector machines", with his targets short of 0 and 1, which
    keep the fit finite). With perfectly calibrated scores the answer is about 0.5. The largest threshold with
    at most half of the faces under it answered right would be simpler, but is mostly noise: over resamplings
    of PublicTest, with the first released model, its standard deviation is 0.13, this one's 0.02.

    Args:
        scores: calibrated probabilities, (N, C).
        labels: indices of the true classes, (N,).

    Returns:
        A number of whole hundredths, rounded down; at most `MAX_SHARE` of the scores are below. 0, that is no
        face is hard to tell, where there are fewer than `MIN_FACES`, or where higher scores are not more
        often right.
    """
    if len(scores) < MIN_FACES:
        return 0.0
    best = scores.max(axis=1).astype(np.float64)
    slope, intercept = _fit(logit(np.clip(best, 1e-6, 1 - 1e-6)), scores.argmax(axis=1) == labels)
    if slope <= 0:
        return 0.0
    coin_toss, cap = float(expit(-intercept / slope)), float(np.quantile(best, MAX_SHARE, method="lower"))
    return floor(100 * min(coin_toss, cap)) / 100


def _fit(x: NDArray[np.float64], is_right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and intercept of the logistic regression of `is_right` on `x`, both (N,)."""
    right, wrong = is_right.sum(), (~is_right).sum()
    targets = np.where(is_right, (right + 1) / (right + 2), 1 / (wrong + 2))

    def cost(parameters: NDArray[np.float64]) -> float:
        z = parameters[0] * x + parameters[1]
        return float((np.logaddexp(0, z) - targets * z).mean())

    slope, intercept = minimize(cost, (1.0, 0.0), method="BFGS").x
    return float(slope), float(intercept)
