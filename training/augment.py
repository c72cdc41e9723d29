"""Faces as they might have been: turned, scaled, shifted, mirrored, lit otherwise, partly hidden, spoilt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import keras
import numpy as np

from emotion_bot.vision.crop import CROP_SIZE, prepare_crop
from training.data import RELEASED

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from training.data import Faces

    Teach = Callable[[NDArray[np.float32], NDArray[np.uint8]], NDArray[np.float32]]


def augment(face: NDArray[np.uint8], strength: float, random: np.random.Generator) -> NDArray[np.uint8]:
    """One face, uint8 (48, 48), changed at random; `strength` 1 is the full range, 0 only mirrors."""
    centre = (CROP_SIZE - 1) / 2
    turn = cv2.getRotationMatrix2D(
        (centre, centre), random.uniform(-12, 12) * strength, 1 + random.uniform(-0.12, 0.12) * strength
    ).astype(np.float64)
    turn[:, 2] += random.uniform(-4, 4, size=2) * strength
    face = cv2.warpAffine(
        face, turn, (CROP_SIZE, CROP_SIZE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.uint8, copy=False)
    if random.random() < 0.5:
        face = face[:, ::-1]
    if random.random() < 0.5 * strength:
        # Gamma rather than brightness: the network removes mean and contrast by itself.
        gamma = np.exp(random.uniform(-0.5, 0.5))
        face = (255 * (face / 255.0) ** gamma).astype(np.uint8)
    if random.random() < 0.5 * strength:
        # Cut-out (DeVries and Taylor 2017, arXiv:1708.04552).
        height, width = random.integers(8, 21, size=2)
        top, left = random.integers(0, CROP_SIZE - height), random.integers(0, CROP_SIZE - width)
        face = face.copy()
        face[top : top + height, left : left + width] = random.integers(0, 256)
    return np.ascontiguousarray(face)


def spoil(face: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Out of focus, from far away or compressed: what photographs do to faces and FER-2013's do not show."""
    match random.integers(3):
        case 0:
            sigma = random.uniform(0.4, 1.6)
            spoilt = cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE).astype(np.uint8)
        case 1:
            side = int(random.integers(16, 40))
            spoilt = prepare_crop(
                cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
            )
        case _:
            quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(20, 80))]
            spoilt = np.asarray(
                cv2.imdecode(cv2.imencode(".jpg", face, quality)[1], cv2.IMREAD_GRAYSCALE), dtype=np.uint8
            )
    return spoilt


class AugmentedBatches(keras.utils.PyDataset):  # type: ignore[misc] # Keras has no types
    """Shuffled batches of augmented faces; what an epoch holds follows from the seed and its number alone.

    An epoch takes every happy, sad and neutral face, and the share `others` of the other four classes,
    drawn anew each time. A batch is (crops uint8 (B, 48, 48), targets float32 (B, 15)). `teach`, if given,
    makes of a batch's targets and its faces, before these are spoilt, the targets to learn.
    """

    def __init__(
        self,
        faces: Faces,
        targets: NDArray[np.float32],
        *,
        batch: int,
        strength: float,
        spoilt: float,
        mixup: float,
        others: float,
        seed: int,
        teach: Teach | None = None,
    ) -> None:
        super().__init__()
        self.faces, self.targets, self.batch, self.others, self.seed = faces, targets, batch, others, seed
        self.strength, self.spoilt, self.mixup, self.teach = strength, spoilt, mixup, teach
        self._wanted = np.flatnonzero(faces.labels < RELEASED)
        self._rest = np.flatnonzero(faces.labels >= RELEASED)
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> None:
        """Draw and shuffle what the epoch holds."""
        random = np.random.default_rng((self.seed, epoch))
        rest = random.choice(self._rest, int(self.others * len(self._rest)), replace=False)
        self._order = random.permutation(np.concatenate([self._wanted, rest]))
        self._epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self._order) / self.batch)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        rows = self._order[index * self.batch : (index + 1) * self.batch]
        random = np.random.default_rng((self.seed, self._epoch, index))
        crops = np.stack([augment(self.faces.crops[row], self.strength, random) for row in rows])
        targets = self.targets[rows]
        if self.mixup:
            crops, targets = mix(crops, targets, self.mixup, random)
        if self.teach:
            targets = self.teach(targets, crops)
        for number in np.flatnonzero(random.random(len(crops)) < self.spoilt):
            crops[number] = spoil(crops[number], random)
        return crops, targets


def mix(
    crops: NDArray[np.uint8], targets: NDArray[np.float32], alpha: float, random: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Each face laid over another of its batch, and their targets alike: mixup (arXiv:1710.09412)."""
    share = random.beta(alpha, alpha, size=len(crops)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    other = random.permutation(len(crops))
    pixels = share[:, None, None]
    mixed = np.rint(pixels * crops + (1 - pixels) * crops[other]).astype(np.uint8)
    return mixed, share[:, None] * targets + (1 - share[:, None]) * targets[other]
