"""The reference engine: the cascade of the `mtcnn` package 1.0.0 as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from mtcnn import MTCNN
from mtcnn.stages import StageONet, StagePNet, StageRNet

from emotion_bot.vision.mtcnn import Candidates

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from emotion_bot.manifest import PackageSettings

_PACKAGE_MIN_FACE_SIZE = 20
"""Pixels; with a smaller `min_face_size` the package leaves levels out; with a larger one, all faces."""
_PACKAGE_SETTINGS = (
    "scale_factor",
    *("threshold_pnet", "threshold_rnet", "threshold_onet"),
    *("nms_pnet1", "nms_pnet2", "nms_rnet", "nms_onet"),
)
"""Those of ours that are the package's own; the others we see to."""


class TensorFlowCascade:
    """The package's cascade, with its own weight files from the bundle."""

    def __init__(self, bundle: Path, settings: PackageSettings) -> None:
        self.settings = settings
        self._mtcnn = MTCNN(
            stages=[
                StagePNet(weights=str(bundle / "pnet.lz4")),
                StageRNet(weights=str(bundle / "rnet.lz4")),
                StageONet(weights=str(bundle / "onet.lz4")),
            ]
        )

    def __call__(self, rgb: NDArray[np.uint8]) -> Candidates:
        """The faces on an image, uint8 (H, W, 3)."""
        settings = self.settings
        height, width = rgb.shape[:2]
        # Another smallest face is had by another size of the image.
        within = min(1, settings.max_side / max(height, width))
        scale = within * _PACKAGE_MIN_FACE_SIZE / settings.min_face_size
        if scale != 1:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            rgb = cv2.resize(
                rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            ).astype(np.uint8)
        if min(rgb.shape[:2]) < _PACKAGE_MIN_FACE_SIZE:
            return Candidates.none()
        found = self._mtcnn.detect_faces(
            rgb,
            box_format="xyxy",
            output_type="numpy",
            fit_to_image=False,
            min_face_size=_PACKAGE_MIN_FACE_SIZE,
            **{name: getattr(settings, name) for name in _PACKAGE_SETTINGS},
        )
        # Columns: image, x1, y1, x2, y2, score, five x, five y.
        back = np.array([width / rgb.shape[1], height / rgb.shape[0]])
        landmarks = found[:, 6:16].reshape(-1, 2, 5).transpose(0, 2, 1)
        return Candidates(found[:, 1:5] * np.tile(back, 2), found[:, 5], landmarks * back)
