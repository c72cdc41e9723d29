"""The MTCNN cascade over three LiteRT networks, step by step as in the `mtcnn` package 1.0.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_bot.vision.boxes import Floats, regress, sides, square, suppress
from emotion_bot.vision.litert import LiteRTModel
from emotion_bot.vision.mtcnn import Candidates

if TYPE_CHECKING:
    from pathlib import Path

    from emotion_bot.manifest import DetectorSettings

Image = NDArray[np.float32]
"""Normalised pixels, (H, W, 3)."""

WINDOW, STRIDE = 12, 2
"""P-Net looks at 12 x 12 pixels, every 2 pixels."""
SMALLEST_LEVEL = WINDOW * 12 / 20 * 0.709**-1.5
"""Pixels of the shorter side, 12.06: from 12 on P-Net has an answer, and the package stops here at its own
settings, by which round(log(side / 12) / -log(0.709) - 1) levels begin at 12 / 20 of the image."""
CHUNK = 128
"""Patches per run of R-Net or O-Net: about 100 MB at most."""


class LiteRTCascade:
    """P-Net proposes, R-Net refines, O-Net decides and adds landmarks (Zhang et al., arXiv:1604.02878)."""

    def __init__(self, bundle: Path, settings: DetectorSettings) -> None:
        self.settings = settings
        self._pnet, self._rnet, self._onet = (
            LiteRTModel(bundle / f"{name}.tflite") for name in ("pnet", "rnet", "onet")
        )

    def __call__(self, rgb: NDArray[np.uint8]) -> Candidates:
        """The faces on an image, uint8 (H, W, 3)."""
        image = normalise(rgb)
        return self.output(image, self.refine(image, self.propose(image)))

    def propose(self, image: Image) -> Floats:
        """P-Net over the pyramid: square boxes, (N, 4), of whatever might be a face."""
        settings = self.settings
        levels = [
            self._propose_at(resize(image, scale), scale) for scale in pyramid(image.shape[:2], settings)
        ]
        boxes = np.concatenate([np.empty((0, 4)), *(boxes for boxes, _ in levels)])
        scores = np.concatenate([np.empty(0), *(scores for _, scores in levels)])
        return square(boxes[suppress(boxes, scores, settings.nms_pnet2)])

    def scan(self, level: Image) -> tuple[Image, Image]:
        """P-Net on one level: a probability, (H', W'), and offsets, (H', W', 4), for every other pixel."""
        outputs = self._pnet(level[None])
        return outputs[2][0, :, :, 1], outputs[4][0]

    def _propose_at(self, level: Image, scale: float) -> tuple[Floats, Floats]:
        """The candidates of one level: boxes (N, 4) in pixels of the image, and scores (N,)."""
        scores, offsets = self.scan(level)
        rows, columns = np.nonzero(scores > self.settings.threshold_pnet)
        corner = np.stack([columns, rows], axis=1) * STRIDE
        # From pixel 1 to pixel 12 of the window: the package's, and MATLAB's, way of counting.
        boxes = np.concatenate([corner + 1, corner + WINDOW], axis=1) + offsets[rows, columns] * (WINDOW - 1)
        found = boxes.astype(np.float64) / scale
        sureness = scores[rows, columns].astype(np.float64)
        best = suppress(found, sureness, self.settings.nms_pnet1)
        return found[best], sureness[best]

    def refine(self, image: Image, boxes: Floats) -> Floats:
        """R-Net: the square boxes, (M, 4), that still look like a face at 24 x 24 pixels."""
        if not len(boxes):
            return boxes
        outputs = self._rnet.in_chunks(patches(image, boxes, 24), CHUNK)
        scores = outputs[2][:, 1].astype(np.float64)
        sure = scores > self.settings.threshold_rnet
        boxes, scores = regress(boxes, outputs[4])[sure], scores[sure]
        return square(boxes[suppress(boxes, scores, self.settings.nms_rnet)])

    def output(self, image: Image, boxes: Floats) -> Candidates:
        """O-Net: the faces among the boxes, at 48 x 48 pixels, with their landmarks."""
        if not len(boxes):
            return Candidates.none()
        outputs = self._onet.in_chunks(patches(image, boxes, 48), CHUNK)
        scores = outputs[2][:, 1].astype(np.float64)
        # Five x, then five y, in units of the box that went in.
        landmarks = (
            outputs[10].reshape(-1, 2, 5).transpose(0, 2, 1) * sides(boxes)[:, None] + boxes[:, None, :2] - 1
        )
        boxes = regress(boxes, outputs[4])
        sure = np.flatnonzero(scores > self.settings.threshold_onet)
        best = sure[suppress(boxes[sure], scores[sure], self.settings.nms_onet, overlap="smaller")]
        return Candidates(boxes[best], scores[best], landmarks[best])


def pyramid(size: tuple[int, ...], settings: DetectorSettings) -> list[float]:
    """The scales at which P-Net's window covers from `min_face_size` pixels to all of the image."""
    smallest_scale = SMALLEST_LEVEL / min(size)
    scales: list[float] = []
    scale = WINDOW / settings.min_face_size
    while scale >= smallest_scale:
        scales.append(scale)
        scale = WINDOW / settings.min_face_size * settings.scale_factor ** len(scales)
    return scales


def normalise(rgb: NDArray[np.uint8]) -> Image:
    """Pixels as the three networks take them, (H, W, 3)."""
    return (rgb.astype(np.float32) - np.float32(127.5)) / np.float32(128)


def resize(image: Image, scale: float) -> Image:
    """The image shrunk by averaging, its sides rounded down: what `tf.image.resize` does by AREA."""
    height, width = image.shape[:2]
    size = (int(width * scale), int(height * scale))
    level: Image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
    return level


def patches(image: Image, boxes: Floats, size: int) -> Image:
    """The boxes cut out, (N, size, size, 3), as `tf.image.crop_and_resize` does in the package.

    Bilinear, from a box's first corner to its last. Its coordinates are shares of the image, the last
    pixel being 1, hence the slight shrinking; what lies outside is grey, 0.
    """
    last = np.array([image.shape[1] - 1, image.shape[0] - 1])
    first, final = np.split(boxes / (np.tile(last, 2) + 1) * np.tile(last, 2), 2, axis=1)
    steps = np.linspace(0, 1, size)
    x, y = (first[:, None] + (final - first)[:, None] * steps[:, None]).transpose(2, 0, 1)
    inside = ((x >= 0) & (x <= last[0]))[:, None, :] & ((y >= 0) & (y <= last[1]))[:, :, None]
    result = np.empty((len(boxes), size, size, 3), np.float32)
    for index in range(len(boxes)):
        columns, rows = np.meshgrid(x[index].astype(np.float32), y[index].astype(np.float32))
        cv2.remap(image, columns, rows, cv2.INTER_LINEAR, dst=result[index], borderMode=cv2.BORDER_REPLICATE)
    result[~inside] = 0
    return result
