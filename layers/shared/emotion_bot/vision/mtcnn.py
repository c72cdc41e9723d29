"""What both MTCNN engines share: run the cascade, keep the sure faces, within the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from emotion_bot.vision.detection import Detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.vision.boxes import Floats


class Candidates(NamedTuple):
    """N faces, in pixels: boxes (N, 4) of x1, y1, x2, y2; scores (N,); landmarks (N, 5, 2) of x, y."""

    boxes: Floats
    scores: Floats
    landmarks: Floats

    @classmethod
    def none(cls) -> Candidates:
        """No face."""
        return cls(np.empty((0, 4)), np.empty(0), np.empty((0, 5, 2)))

    def of(self, chosen: NDArray[np.intp]) -> Candidates:
        """Some of them, by their indices, (M,)."""
        return Candidates(self.boxes[chosen], self.scores[chosen], self.landmarks[chosen])


class Cascade(Protocol):
    """P-Net, R-Net and O-Net, one after the other."""

    def __call__(self, rgb: NDArray[np.uint8]) -> Candidates:
        """The faces on an image, uint8 (H, W, 3), of any size from 1 x 1 up."""
        ...


class MtcnnDetector:
    """A face detector (Zhang et al. 2016, arXiv:1604.02878) over one of the two cascades."""

    def __init__(self, cascade: Cascade, min_confidence: float) -> None:
        self.cascade, self.min_confidence = cascade, min_confidence

    def detect(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        """The faces on a photo, uint8 (H, W, 3), that the cascade is at least `min_confidence` sure of."""
        found = self.cascade(rgb)
        corners = np.clip(found.boxes.reshape(-1, 2, 2), 0, (rgb.shape[1] - 1, rgb.shape[0] - 1))
        boxes = np.concatenate([corners[:, 0], corners[:, 1] - corners[:, 0]], axis=1).round().astype(int)
        return [
            Detection(
                box=(box[0], box[1], box[2], box[3]),
                landmarks=tuple((x, y) for x, y in landmarks),
                confidence=score,
            )
            for box, score, landmarks in zip(
                boxes.tolist(), found.scores.tolist(), found.landmarks.tolist(), strict=True
            )
            if score >= self.min_confidence and box[2] > 0 and box[3] > 0
        ]
