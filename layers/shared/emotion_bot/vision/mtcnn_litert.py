"""The default engine: the MTCNN cascade on LiteRT, in numpy and OpenCV, made for one core."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from emotion_bot.vision.boxes import regress, sides, square, suppress
from emotion_bot.vision.canvas import NOBODY, OVERLAP, STRIDE, WINDOW, Layout, arrange
from emotion_bot.vision.litert import LiteRTModel
from emotion_bot.vision.mtcnn import Candidates
from emotion_bot.vision.views import Views

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from emotion_bot.manifest import CascadeSettings
    from emotion_bot.vision.boxes import Floats

MIN_FACE = 20
"""Pixels of the photo, as the package has it: nobody can tell how a smaller face looks."""
LONGEST = 2
"""In shorter sides: a longer photo is searched in parts of this length."""
SHORTEST = 1 / 8
"""Of a photo: no part is shorter, so that there are never many."""
MAX_PARTS = 16
"""What that comes to; a panorama of 16 : 1 has as many."""
MAX_PROPOSALS = 256
"""P-Net passes on so many candidates, the best, which bounds the time. Fewer lose large faces in crowds."""
RNET_BATCH = 8
"""Candidates per run of R-Net: spreads what a call costs, and runs few rows in vain."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A photo, or a part of a panorama, as P-Net looks at it."""

    corner: tuple[int, int]
    """x, y in the photo."""
    layout: Layout
    canvas: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pyramid:
    """A photo as the cascade looks at it: pieces for P-Net, views to cut patches from for the others."""

    pieces: tuple[Piece, ...]
    views: Views


class LiteRTCascade:
    """P-Net proposes, R-Net refines, O-Net decides and adds landmarks (Zhang et al., arXiv:1604.02878)."""

    def __init__(self, bundle: Path, settings: CascadeSettings, threads: int | None = None) -> None:
        """Load and allocate the networks; `threads` are as many as there are cores, by default."""
        self.settings = settings
        self._longest = round(WINDOW / settings.smallest_face)
        # P-Net gets a strip of the canvas at a time: 126 x 300 pixels suit the processor's cache, and most
        # photos are 4 : 3 or 3 : 4, whose pyramids fill three strips of the one width, four of the other.
        levels_high = (1 + settings.scale_factor) * self._longest
        self._strip = _even(OVERLAP + (levels_high - OVERLAP) / 4)
        self._pnets = {
            width: LiteRTModel(bundle / "pnet.tflite", (1, self._strip, width, 3), threads)
            for width in (_even(self._longest * 3 / 4), _even(self._longest))
        }
        self._rnet = LiteRTModel(bundle / "rnet.tflite", (RNET_BATCH, 24, 24, 3), threads)
        self._onet = LiteRTModel(bundle / "onet.tflite", (1, 48, 48, 3), threads)

    def __call__(self, rgb: NDArray[np.uint8]) -> Candidates:
        """The faces on a photo, uint8 (H, W, 3)."""
        pyramid = self.pyramid(rgb)
        return self.output(pyramid, self.refine(pyramid, self.propose(pyramid)))

    def pyramid(self, rgb: NDArray[np.uint8]) -> Pyramid:
        """The photo, uint8 (H, W, 3), at every size that the networks look at."""
        views = Views(rgb)
        return Pyramid(tuple(self._draw(views, *part) for part in parts(*rgb.shape[:2])), views)

    def propose(self, pyramid: Pyramid) -> Floats:
        """P-Net over the pyramid: square boxes, (N, 4), of whatever might be a face."""
        found = [self._candidates(piece) for piece in pyramid.pieces]
        boxes = np.concatenate([np.empty((0, 4)), *(boxes for boxes, _ in found)])
        scores = np.concatenate([np.empty(0), *(scores for _, scores in found)])
        return square(boxes[suppress(boxes, scores, self.settings.nms_pnet)[:MAX_PROPOSALS]])

    def refine(self, pyramid: Pyramid, boxes: Floats) -> Floats:
        """R-Net: the square boxes, (M, 4), that still look like a face at 24 x 24 pixels."""
        answers = self._rnet(pyramid.views.patches(boxes, 24)).astype(np.float64)
        sure = answers[:, 0] > _logit(self.settings.threshold_rnet)
        boxes, scores = regress(boxes, answers[:, 1:5])[sure], answers[sure, 0]
        return square(boxes[suppress(boxes, scores, self.settings.nms_rnet)])

    def output(self, pyramid: Pyramid, boxes: Floats) -> Candidates:
        """O-Net: the faces among the boxes, at 48 x 48 pixels, with their landmarks.

        It looks at each face again, once at its mirror image and once more as it is, each time where the
        look before saw it, and the mean counts. On 200 photographs of WIDER FACE that finds 450 of 557 faces
        with 3 false ones instead of 444 with 6, and moves the landmarks less, for 0.3 ms a face.
        """
        first = self._look(pyramid, boxes)
        sure = np.flatnonzero(first.scores > self.settings.threshold_onet)
        looks = [first.of(sure[self._distinct(first.of(sure))])]
        for is_mirrored in (True, False):
            looks.append(self._look(pyramid, square(looks[-1].boxes), is_mirrored=is_mirrored))
        found = Candidates(
            np.mean([look.boxes for look in looks], axis=0),
            np.mean([look.scores for look in looks], axis=0),
            # A mirrored face's landmarks lie a little otherwise than those that the crop was measured with.
            np.mean([look.landmarks for look in looks[::2]], axis=0),
        )
        return found.of(self._distinct(found))

    def _look(self, pyramid: Pyramid, boxes: Floats, *, is_mirrored: bool = False) -> Candidates:
        """What O-Net says of square boxes, (N, 4)."""
        patches = pyramid.views.patches(boxes, 48)
        answers = self._onet(patches[:, :, ::-1] if is_mirrored else patches).astype(np.float64)
        # Five x, then five y, like the offsets in units of the box that went in.
        offsets, points = answers[:, 1:5], answers[:, 5:].reshape(-1, 2, 5).transpose(0, 2, 1)
        if is_mirrored:
            offsets = offsets[:, [2, 1, 0, 3]] * (-1, 1, -1, 1)
            points = points[:, [1, 0, 2, 4, 3]] * (-1, 1) + (1, 0)
        landmarks = points * sides(boxes)[:, None] + boxes[:, None, :2] - 1
        return Candidates(regress(boxes, offsets), 1 / (1 + np.exp(-answers[:, 0])), landmarks)

    def _distinct(self, found: Candidates) -> NDArray[np.intp]:
        return suppress(found.boxes, found.scores, self.settings.nms_onet, overlap="smaller")

    def _draw(self, views: Views, x: int, y: int, width: int, height: int) -> Piece:
        scale = min(self._longest / max(width, height), WINDOW / MIN_FACE)
        layout = arrange((height, width), scale, self.settings.scale_factor, self._strip, tuple(self._pnets))
        return Piece((x, y), layout, layout.draw(views.part(x, y, width, height, scale)))

    def scan(self, piece: Piece) -> NDArray[np.float32]:
        """P-Net's answers for the windows of a canvas: float32 (rows, columns, 5), a logit, four offsets."""
        layout = piece.layout
        return self._pnets[layout.width](layout.strips_of(piece.canvas)).reshape(*layout.owners.shape, -1)

    def _candidates(self, piece: Piece) -> tuple[Floats, NDArray[np.float32]]:
        """Of one piece: boxes (N, 4) in pixels of the photo, and logits (N,)."""
        layout = piece.layout
        if not layout.levels:
            return np.empty((0, 4)), np.empty(0, np.float32)
        answers = self.scan(piece)
        scores = np.where(layout.owners == NOBODY, -np.inf, answers[:, :, 0]).astype(np.float32, copy=False)
        # A window gives way to a better one beside it: most of what the package's first suppression does.
        peaks = scores == cv2.dilate(scores, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero(peaks & (scores > _logit(self.settings.threshold_pnet)))
        level = layout.owners[rows, columns]
        corner = np.stack([columns, rows], axis=1) * STRIDE - layout.corners[level]
        # From pixel 1 to pixel 12 of the window: the package's, and MATLAB's, way of counting.
        windows = np.concatenate([corner + 1, corner + WINDOW], axis=1)
        boxes = windows + answers[rows, columns, 1:5] * (WINDOW - 1)
        return boxes * np.tile(layout.factors[level], 2) + np.tile(piece.corner, 2), scores[rows, columns]


def parts(height: int, width: int) -> list[tuple[int, int, int, int]]:
    """Where to look, as x, y, width, height: all of a photo, or a panorama's parts.

    Parts overlap by the shorter side, so that every face lies in one as a whole.
    """
    shorter, longer = sorted((height, width))
    part = max(LONGEST * shorter, math.ceil(longer * SHORTEST))
    if part >= longer:
        return [(0, 0, width, height)]
    starts = [*range(0, longer - part, part - shorter), longer - part]
    return [(start, 0, part, height) if width > height else (0, start, width, part) for start in starts]


def _logit(probability: float) -> float:
    """Where the networks' answer says a face of this probability: they leave the softmax out."""
    return math.log(probability / (1 - probability))


def _even(length: float) -> int:
    """The next even number: P-Net moves by 2 pixels."""
    return 2 * math.ceil(length / 2)
