"""What a network learns of each face: its label, and how the raters of FER+ voted on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.data import CLASSES, VOTED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.data import Faces

LABELS = slice(0, len(CLASSES))
"""The label's distribution over the seven classes: the contest's question."""
VOTES = slice(len(CLASSES), len(CLASSES) + len(VOTED))
"""The votes' shares over the eight emotions of FER+; nothing where nobody voted, or for none of them."""
COLUMNS = len(CLASSES) + len(VOTED)


def targets(faces: Faces, label_smoothing: float = 0.0) -> NDArray[np.float32]:
    """Distributions to learn, float32 (N, 15): columns `LABELS` and `VOTES`."""
    labels = np.eye(len(CLASSES), dtype=np.float32)[faces.labels]
    smooth = labels * (1 - label_smoothing) + label_smoothing / len(CLASSES)
    raters = np.maximum(faces.votes.sum(axis=1, keepdims=True), 1)
    return np.concatenate([smooth, faces.votes[:, : len(VOTED)] / raters], axis=1, dtype=np.float32)
