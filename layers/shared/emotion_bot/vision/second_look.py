"""A second look at the faces of which the first leaves doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from emotion_bot.vision.classification import EmotionClassifier


class SecondLook:
    """A classifier that looks at a doubtful face once more, mirrored, and answers with the mean of both.

    A face and its mirror image look alike, but a network scores them a little differently. That changes the
    answer only where the first look is not sure: a second one at those few is worth as much as one at all.
    """

    def __init__(self, classifier: EmotionClassifier, below: float) -> None:
        """`below` this best score a face is doubtful."""
        self._classifier, self._below = classifier, below

    @property
    def labels(self) -> tuple[str, ...]:
        """What the columns of `predict` mean."""
        return self._classifier.labels

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (N, len(labels)), of grey faces, uint8 (N, 48, 48); N may be 0."""
        scores = self._classifier.predict(crops)
        doubtful = scores.max(axis=1, initial=0) < self._below
        scores[doubtful] = (scores[doubtful] + self._classifier.predict(crops[doubtful, :, ::-1])) / 2
        return scores
