"""Faces as they might have been: turned, scaled, shifted, mirrored, lit otherwise, partly hidden."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import keras
import numpy as np

from emotion_bot.vision.crop import CROP_SIZE
from training.data import CLASSES, RELEASED, Faces

if TYPE_CHECKING:
    from numpy.typing import NDArray


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


class AugmentedBatches(keras.utils.PyDataset):  # type: ignore[misc] # Keras has no types
    """Shuffled batches of augmented faces; what an epoch holds follows from the seed and its number alone.

    An epoch takes every happy, sad and neutral face, and the share `others` of the other four classes,
    drawn anew each time. A batch is (crops uint8 (B, 48, 48), one-hot labels float32 (B, 7)).
    """

    def __init__(self, faces: Faces, *, batch: int, strength: float, others: float, seed: int) -> None:
        super().__init__()
        self.faces, self.batch, self.strength, self.others, self.seed = faces, batch, strength, others, seed
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
        return crops, np.eye(len(CLASSES), dtype=np.float32)[self.faces.labels[rows]]
