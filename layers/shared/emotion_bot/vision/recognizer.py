"""A photo's bytes in, its faces out: decode, detect, crop, classify."""

from __future__ import annotations

from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, cast

import numpy as np

from emotion_bot.vision.annotate import HARD_TO_TELL, annotate
from emotion_bot.vision.crop import CROP_SIZE, crop_face, face_square
from emotion_bot.vision.decoding import decode_reduced
from emotion_bot.vision.face import Face
from emotion_bot.vision.memory import keep_freed_memory
from emotion_bot.vision.mtcnn import MtcnnDetector
from emotion_bot.vision.recognition import Recognition
from emotion_bot.vision.second_look import SecondLook
from emotion_bot.vision.sketch import FACE, sketch

if TYPE_CHECKING:
    from pathlib import Path

    from emotion_bot.manifest import CascadeSettings, Manifest, PackageSettings
    from emotion_bot.vision.classification import EmotionClassifier
    from emotion_bot.vision.detection import Detection, FaceDetector
    from emotion_bot.vision.mtcnn import Cascade

ENOUGH = 1280
"""Pixels that a large photo keeps of its longer side: as many as Telegram keeps, and the smallest face looked
for, 4 % of it, is still larger than a crop."""
MAX_FACES = 100
"""The largest of a crowd: they take a tenth of a second of one core, and the numbers of more would lie on
each other's faces."""
READABLE = 20
"""Pixels of a crop's side on the photo. At 20, saved as JPEG, accuracy is 8.6 points lower than at 48; at 18,
12 points lower, and most neutral faces are called otherwise (docs/crops.md)."""


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
        from emotion_bot.manifest import Manifest  # noqa: PLC0415 - pydantic is for who reads the file

        return cls.of(bundle, Manifest.read(bundle))

    @classmethod
    def of(cls, bundle: Path, manifest: Manifest) -> Recognizer:
        """The recognizer of a bundle whose manifest has been read."""
        keep_freed_memory()
        cascade, network = _engine(bundle, manifest)
        detector = MtcnnDetector(cascade, manifest.detector.min_confidence)
        return cls(detector, SecondLook(network, manifest.second_look), manifest)

    def recognize(self, photo: bytes) -> Recognition:
        """The faces on a photo, MAX_FACES at most, and how each looks.

        Raises:
            PhotoError: it cannot be read, or is too large; the message is for its sender.
        """
        rgb, factor = decode_reduced(photo, ENOUGH)
        largest_first = sorted(self.detector.detect(rgb), key=_area, reverse=True)
        detections = sorted(largest_first[:MAX_FACES], key=_centre)
        crops = np.empty((len(detections), CROP_SIZE, CROP_SIZE), np.uint8)
        for index, detection in enumerate(detections):
            crops[index] = crop_face(rgb, detection, self.manifest.crop)
        labels, rows = self.classifier.labels, self.classifier.predict(crops)
        # What counts is what the crop was cut from, the photo as it was decoded, not as it was sent.
        too_small = [abs(face_square(face, self.manifest.crop).top) < READABLE for face in detections]
        enlarged = [_enlarged(detection, factor) for detection in detections]
        threshold = self.manifest.hard_to_tell
        faces = tuple(map(Face.of, enlarged, repeat(labels), rows, repeat(threshold), too_small))
        return Recognition(rgb, faces, factor, len(largest_first) - len(detections), crops)

    def warm_up(self) -> None:
        """One dummy pass, so that the first photo costs no more than the tenth: networks, font and codecs.

        To be called in the thread that will recognise: OpenCV unpacks its font for each thread, in 30 ms.
        """
        drawing = sketch()
        self.recognize(annotate(drawing, [FACE.box], [HARD_TO_TELL], ["hello"]))
        # Once more, should the detector see no face in it.
        self.classifier.predict(crop_face(drawing, FACE, self.manifest.crop)[None])


def _engine(bundle: Path, manifest: Manifest) -> tuple[Cascade, EmotionClassifier]:
    """Each engine is imported only where it is used: one image has no TensorFlow, the other no LiteRT."""
    if manifest.engine == "tensorflow":
        from emotion_bot.vision.classifier_tensorflow import KerasClassifier  # noqa: PLC0415
        from emotion_bot.vision.mtcnn_tensorflow import TensorFlowCascade  # noqa: PLC0415

        settings = cast("PackageSettings", manifest.detector)
        return TensorFlowCascade(bundle, settings), KerasClassifier(bundle, manifest.labels)
    from emotion_bot.vision.classifier_litert import LiteRTClassifier  # noqa: PLC0415
    from emotion_bot.vision.mtcnn_litert import LiteRTCascade  # noqa: PLC0415

    cascade = LiteRTCascade(bundle, cast("CascadeSettings", manifest.detector))
    return cascade, LiteRTClassifier(bundle, manifest.labels)


def _centre(detection: Detection) -> tuple[float, float]:
    x, y, width, height = detection.box
    return x + width / 2, y + height / 2


def _area(detection: Detection) -> int:
    return detection.box[2] * detection.box[3]


def _enlarged(detection: Detection, factor: int) -> Detection:
    """The same face where a photo is as many times as large."""
    x, y, width, height = (factor * length for length in detection.box)
    landmarks = tuple((factor * x, factor * y) for x, y in detection.landmarks)
    return replace(detection, box=(x, y, width, height), landmarks=landmarks)
