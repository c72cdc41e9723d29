"""The default classifier: the bundle's network as LiteRT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotion_bot.vision.crop import CROP_SIZE
from emotion_bot.vision.litert import LiteRTModel

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CLASSIFIER = "emotion.tflite"
"""The network's file in the bundle."""


class LiteRTClassifier:
    """The bundle's network: normalisation, calibration and softmax are inside it."""

    def __init__(self, bundle: Path, labels: tuple[str, ...], threads: int | None = None) -> None:
        """`threads` are as many as there are cores, by default."""
        self.labels = labels
        self._model = LiteRTModel(bundle / CLASSIFIER, (1, CROP_SIZE, CROP_SIZE), threads)

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (N, len(labels)), of grey faces, uint8 (N, 48, 48); N may be 0."""
        return self._model(crops)
