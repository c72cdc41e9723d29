"""What both MTCNN engines share: shrink the photo, run the cascade, bring its faces back, keep the sure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import cv2
import numpy as np

from emotion_bot.vision.detection import Detection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.manifest import DetectorSettings
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


class Cascade(Protocol):
    """P-Net, R-Net and O-Net, one after the other."""

    def __call__(self, rgb: NDArray[np.uint8]) -> Candidates:
        """The faces on an image, uint8 (H, W, 3), of any size from 1 x 1 up."""
        ...


class MtcnnDetector:
    """A face detector (Zhang et al. 2016, arXiv:1604.02878) over one of the two cascades."""

    def __init__(self, cascade: Cascade, settings: DetectorSettings) -> None:
        self.cascade, self.settings = cascade, settings

    def detect(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        """The faces on a photo, uint8 (H, W, 3), that the cascade is at least `min_confidence` sure of."""
        shrunk = shrink(rgb, self.settings.max_side)
        found = self.cascade(shrunk)
        height, width = rgb.shape[:2]
        scale = np.array([width / shrunk.shape[1], height / shrunk.shape[0]])
        last_pixel = np.array([width - 1, height - 1])
        corners = np.clip(found.boxes.reshape(-1, 2, 2) * scale, 0, last_pixel)
        boxes = np.concatenate([corners[:, 0], corners[:, 1] - corners[:, 0]], axis=1).round().astype(int)
        return [
            Detection(
                box=(box[0], box[1], box[2], box[3]),
                landmarks=tuple((x, y) for x, y in landmarks),
                confidence=score,
            )
            for box, score, landmarks in zip(
                boxes.tolist(), found.scores.tolist(), (found.landmarks * scale).tolist(), strict=True
            )
            if score >= self.settings.min_confidence and box[2] > 0 and box[3] > 0
        ]


def shrink(rgb: NDArray[np.uint8], max_side: int) -> NDArray[np.uint8]:
    """The image with its longer side at most `max_side` pixels; untouched if it is so already."""
    height, width = rgb.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return rgb
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
