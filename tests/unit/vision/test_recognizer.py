"""From a photo's bytes to its faces, with the released bundle and with stand-ins."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from emotion_bot.manifest import CropGeometry, Manifest
from emotion_bot.vision import Detection, Recognizer, UnreadablePhoto

NO_TENSORFLOW = """
import sys
import emotion_bot.vision
print(sorted({"tensorflow", "keras", "mtcnn", "ai_edge_litert"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("astronaut.png", 1),
        ("obama.jpg", 1),
        ("biden.jpg", 1),
        ("two_people.jpg", 2),
        ("chelsea.png", 0),
        ("rocket.jpg", 0),
    ],
)
def test_the_photographs(litert, photos, name, count):
    recognition = litert.recognize((photos / name).read_bytes())
    assert len(recognition.faces) == count
    height, width = recognition.photo.shape[:2]
    for face in recognition.faces:
        x, y, w, h = face.box
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        assert 0.9 <= face.confidence <= 1
        assert len(face.landmarks) == 5
        assert tuple(face.scores) == ("happy", "sad", "neutral")
        assert sum(face.scores.values()) == pytest.approx(1)
        assert face.emotion == max(face.scores, key=face.scores.get)
        assert all(type(score) is float for score in (*face.scores.values(), face.confidence))
    assert recognition.annotate()[:3] == b"\xff\xd8\xff"


def test_two_broad_smiles_look_happy(litert, photos):
    for name in ("obama.jpg", "astronaut.png"):
        (face,) = litert.recognize((photos / name).read_bytes()).faces
        assert face.emotion == "happy"


def test_a_drawing_of_nothing_has_no_face(litert):
    paper = np.full((400, 400, 3), 255, np.uint8)
    cv2.line(paper, (30, 40), (350, 300), (0, 0, 0), 5)
    assert litert.recognize(cv2.imencode(".png", paper)[1].tobytes()).faces == ()


def test_no_photo(litert):
    with pytest.raises(UnreadablePhoto):
        litert.recognize(b"no photo")


class FixedDetector:
    def __init__(self, *boxes):
        self.boxes = boxes

    def detect(self, rgb):
        return [Detection(box, ((1.0, 2.0),) * 5, 0.97) for box in self.boxes]


class BrightnessClassifier:
    """Bright faces are happy, dark ones sad; notes what it was shown."""

    labels = ("happy", "sad", "neutral")

    def predict(self, crops):
        self.crops = crops
        bright = crops.mean(axis=(1, 2)) / 255
        return np.stack([bright, 1 - bright, np.zeros_like(bright)], axis=1).astype(np.float32)


MANIFEST = Manifest(
    version="1",
    engine="litert",
    crop=CropGeometry(scale=1, shift_y=0),
    detector={},
    metrics={},
    training={},
    files={},
)


def test_faces_come_from_left_to_right_with_their_own_scores():
    photo = np.zeros((100, 300, 3), np.uint8)
    photo[:, 200:] = 255
    recognizer = Recognizer(
        FixedDetector((210, 10, 50, 50), (10, 10, 50, 50)), BrightnessClassifier(), MANIFEST
    )
    dark, bright = recognizer.recognize(cv2.imencode(".png", photo)[1].tobytes()).faces
    assert (dark.box, dark.emotion, dark.label) == ((10, 10, 50, 50), "sad", "looks sad 100 %")
    assert (bright.box, bright.emotion) == ((210, 10, 50, 50), "happy")


@pytest.mark.parametrize(("threshold", "candidates"), [(0, ("happy",)), (0.6, ("happy", "sad"))])
def test_the_manifest_says_below_which_score_a_face_is_hard_to_tell(threshold, candidates):
    manifest = MANIFEST.model_copy(update={"hard_to_tell": threshold})
    recognizer = Recognizer(FixedDetector((10, 10, 50, 50)), BrightnessClassifier(), manifest)
    grey = cv2.imencode(".png", np.full((100, 100, 3), 130, np.uint8))[1].tobytes()
    (face,) = recognizer.recognize(grey).faces
    assert face.candidates == candidates


def test_a_manifest_of_before_the_threshold_makes_no_face_hard_to_tell():
    written = MANIFEST.model_dump(exclude={"hard_to_tell"})
    assert Manifest.model_validate(written).hard_to_tell == 0


def test_without_faces_the_classifier_sees_an_empty_batch():
    recognizer = Recognizer(FixedDetector(), classifier := BrightnessClassifier(), MANIFEST)
    assert recognizer.recognize(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()).faces == ()
    assert classifier.crops.shape == (0, 48, 48)


@pytest.mark.parametrize("count", [0, 1, 2, 65])
def test_the_classifier_takes_any_number_of_faces(litert, count):
    crops = np.random.default_rng(count).integers(0, 256, (count, 48, 48), dtype=np.uint8)
    scores = litert.classifier.predict(crops)
    assert scores.shape == (count, 3)
    assert scores.dtype == np.float32
    assert scores.sum(axis=1) == pytest.approx(np.ones(count), abs=1e-5)
    for index in range(count)[-2:]:
        assert scores[index] == pytest.approx(
            litert.classifier.predict(crops[index : index + 1])[0], abs=1e-5
        )


def test_importing_vision_loads_no_engine():
    result = subprocess.run(
        [sys.executable, "-c", NO_TENSORFLOW], capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")


def test_an_empty_folder_is_no_bundle(tmp_path):
    with pytest.raises(FileNotFoundError):
        Recognizer.load(tmp_path)
