"""The reference classifier: the bundle's network as Keras saved it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CHUNK = 64
"""Faces per run of the network, so that a crowd needs no more memory than a group."""


class KerasClassifier:
    """The bundle's `emotion.keras`: the same graph as `emotion.tflite`."""

    def __init__(self, bundle: Path, labels: tuple[str, ...]) -> None:
        self.labels = labels
        self._model = keras.saving.load_model(bundle / "emotion.keras", compile=False)

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (N, len(labels)), of grey faces, uint8 (N, 48, 48); N may be 0."""
        starts = range(0, len(crops), CHUNK)
        chunks = [np.asarray(self._model(crops[start : start + CHUNK], training=False)) for start in starts]
        return np.concatenate([np.empty((0, len(self.labels)), np.float32), *chunks])
