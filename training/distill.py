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
        crops: the same faces, uint8 (N, 48, 48); the teachers look at each and at its mirror image.
        teachers: networks of runs.
        share: of the teachers; the rest is the label's.
    """
    looks = [
        teacher.predict(faces, batch_size=BATCH, verbose=0)
        for teacher in teachers
        for faces in (crops, crops[:, :, ::-1])
    ]
    return _mixed(targets, looks, share)


def taught(
    targets: NDArray[np.float32], crops: NDArray[np.uint8], teachers: Sequence[keras.Model], share: float
) -> NDArray[np.float32]:
    """The same of one batch of changed faces, at which each teacher looks once.

    Consistent teaching (Beyer et al. 2022, arXiv:2106.05237): the network learns what its teachers make of
    the very face that it sees, and sees no face twice, so neither learns the training faces by heart.
    """
    return _mixed(targets, [teacher.predict_on_batch(crops) for teacher in teachers], share)


def _mixed(
    targets: NDArray[np.float32], looks: Sequence[NDArray[np.float32]], share: float
) -> NDArray[np.float32]:
    """`targets` with the mean answer of the looks, logits (N, 15) each, as that share of the labels."""
    predicted = np.mean([keras.ops.softmax(logits[:, LABELS], axis=-1) for logits in looks], axis=0)
    mixed = targets.copy()
    mixed[:, LABELS] = (1 - share) * targets[:, LABELS] + share * predicted
    return mixed
