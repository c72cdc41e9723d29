"""What trained networks say of the training faces: softer and less mistaken targets than the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from training.targets import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BATCH = 256


def distilled(
    targets: NDArray[np.float32], crops: NDArray[np.uint8], teachers: Sequence[keras.Model], share: float
) -> NDArray[np.float32]:
    """`targets`, (N, 15), whose label columns come by `share` from the teachers' mean prediction.

    Distillation (Hinton et al. 2015, arXiv:1503.02531) at temperature 1, from an ensemble. The votes stay as
    the raters gave them.

    Args:
        targets: see `targets.targets`.
        crops: the same faces, uint8 (N, 48, 48).
        teachers: networks of runs.
        share: of the teachers; the rest is the label's.
    """
    predicted = np.mean([_predict(teacher, crops) for teacher in teachers], axis=0)
    mixed = targets.copy()
    mixed[:, LABELS] = (1 - share) * targets[:, LABELS] + share * predicted
    return mixed


def _predict(teacher: keras.Model, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Probabilities of the seven classes, (N, 7), over the face and its mirror image."""
    looks = [
        teacher.predict(faces, batch_size=BATCH, verbose=0)[:, LABELS] for faces in (crops, crops[:, :, ::-1])
    ]
    return np.asarray(np.mean([keras.ops.softmax(logits, axis=-1) for logits in looks], axis=0))
