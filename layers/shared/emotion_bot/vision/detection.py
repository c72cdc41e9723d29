"""What a face detector is, and what it says of a face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""
Landmarks = tuple[tuple[float, float], ...]
"""(x, y) in pixels: left eye, right eye, nose, left and right end of the mouth; as the viewer sees them."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One face, in pixels of the upright photo; `confidence` is the detector's probability that it is one."""

    box: Box
    landmarks: Landmarks
    confidence: float


class FaceDetector(Protocol):
    """Finds faces."""

    def detect(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        """The faces on a photo, uint8 (H, W, 3), in no particular order."""
        ...
