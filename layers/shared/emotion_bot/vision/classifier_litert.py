"""The default classifier: the bundle's network as LiteRT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emotion_bot.vision.classification import CHUNK
from emotion_bot.vision.litert import LiteRTModel

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CLASSIFIER = "emotion.tflite"
"""The network's file in the bundle."""


class LiteRTClassifier:
    """The bundle's network: normalisation, the mirrored second look and softmax are inside it."""

    def __init__(self, bundle: Path, labels: tuple[str, ...], threads: int | None = None) -> None:
        """`threads` are as many as there are cores, by default."""
        self.labels = labels
        self._model = LiteRTModel(bundle / CLASSIFIER, threads)

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (N, len(labels)), of grey faces, uint8 (N, 48, 48); N may be 0."""
        if not len(crops):
            return np.empty((0, len(self.labels)), np.float32)
        return self._model.in_chunks(crops, CHUNK)[len(self.labels)]
