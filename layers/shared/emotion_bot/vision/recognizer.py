"""A photo's bytes in, its faces out: decode, detect, crop, classify."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from emotion_bot.manifest import Manifest
from emotion_bot.vision.crop import CROP_SIZE, crop_face
from emotion_bot.vision.decode import decode
from emotion_bot.vision.mtcnn import MtcnnDetector
from emotion_bot.vision.recognition import Face, Recognition

if TYPE_CHECKING:
    from pathlib import Path

    from emotion_bot.vision.classification import EmotionClassifier
    from emotion_bot.vision.detection import Detection, FaceDetector
    from emotion_bot.vision.mtcnn import Cascade


class Recognizer:
    """A detector and a classifier, as one bundle holds them.

    Example:
        >>> recognition = Recognizer.load(open_bundle("models")).recognize(photo)  # doctest: +SKIP
        >>> [face.emotion for face in recognition.faces]  # doctest: +SKIP
        ['happy', 'neutral']
    """

    def __init__(self, detector: FaceDetector, classifier: EmotionClassifier, manifest: Manifest) -> None:
        self.detector, self.classifier, self.manifest = detector, classifier, manifest

    @classmethod
    def load(cls, bundle: Path) -> Recognizer:
        """The recognizer of an unpacked bundle, with the engine that its manifest names.

        Raises:
            FileNotFoundError, pydantic.ValidationError: the folder holds no bundle of this format.
        """
        manifest = Manifest.read(bundle)
        cascade, classifier = _engine(bundle, manifest)
        return cls(MtcnnDetector(cascade, manifest.detector), classifier, manifest)

    def recognize(self, photo: bytes) -> Recognition:
        """The faces on a photo and how each looks.

        Raises:
            PhotoError: it cannot be read, or is too large; the message is for its sender.
        """
        rgb = decode(photo)
        detections = sorted(self.detector.detect(rgb), key=_centre)
        crops = np.empty((len(detections), CROP_SIZE, CROP_SIZE), np.uint8)
        for index, detection in enumerate(detections):
            crops[index] = crop_face(rgb, detection, self.manifest.crop)
        labels, rows = self.classifier.labels, self.classifier.predict(crops)
        threshold = self.manifest.hard_to_tell
        return Recognition(rgb, tuple(map(Face.of, detections, repeat(labels), rows, repeat(threshold))))


def _engine(bundle: Path, manifest: Manifest) -> tuple[Cascade, EmotionClassifier]:
    """Each engine is imported only where it is used: one image has no TensorFlow, the other no LiteRT."""
    if manifest.engine == "tensorflow":
        from emotion_bot.vision.classifier_tensorflow import KerasClassifier  # noqa: PLC0415
        from emotion_bot.vision.mtcnn_tensorflow import TensorFlowCascade  # noqa: PLC0415

        return TensorFlowCascade(bundle, manifest.detector), KerasClassifier(bundle, manifest.labels)
    from emotion_bot.vision.classifier_litert import LiteRTClassifier  # noqa: PLC0415
    from emotion_bot.vision.mtcnn_litert import LiteRTCascade  # noqa: PLC0415

    return LiteRTCascade(bundle, manifest.detector), LiteRTClassifier(bundle, manifest.labels)


def _centre(detection: Detection) -> tuple[float, float]:
    x, y, width, height = detection.box
    return x + width / 2, y + height / 2
