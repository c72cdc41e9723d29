"""From a photo's bytes to its faces, with the released bundle and with stand-ins."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from emotion_bot.manifest import CropGeometry, Manifest
from emotion_bot.store import open_bundle
from emotion_bot.vision import Detection, Recognizer, UnreadablePhoto
from emotion_bot.vision.annotate import COLOURS
from emotion_bot.vision.crop import crop_face
from emotion_bot.vision.recognizer import ENOUGH, MAX_FACES, READABLE
from emotion_bot.vision.sketch import FACE, sketch

ROOT = Path(__file__).parents[3]
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
    """Sees faces where it is told to; notes the shapes of what it was shown."""

    def __init__(self, *boxes):
        self.boxes = boxes
        self.shapes = []

    def detect(self, rgb):
        self.shapes.append(rgb.shape)
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
    assert (dark.box, dark.emotion, dark.label) == ((10, 10, 50, 50), "sad", "looks sad 100%")
    assert (bright.box, bright.emotion) == ((210, 10, 50, 50), "happy")


@pytest.mark.parametrize(("threshold", "candidates"), [(0, ("happy",)), (0.6, ("happy", "sad"))])
def test_the_manifest_says_below_which_score_a_face_is_hard_to_tell(threshold, candidates):
    manifest = MANIFEST.model_copy(update={"hard_to_tell": threshold})
    recognizer = Recognizer(FixedDetector((10, 10, 50, 50)), BrightnessClassifier(), manifest)
    grey = cv2.imencode(".png", np.full((100, 100, 3), 130, np.uint8))[1].tobytes()
    (face,) = recognizer.recognize(grey).faces
    assert face.candidates == candidates


def test_the_manifest_says_below_which_score_a_face_is_looked_at_twice(litert, photos):
    bundle = open_bundle(str(ROOT / "models"))
    crops = litert.recognize((photos / "two_people.jpg").read_bytes()).crops
    never, always = (
        Recognizer.of(bundle, litert.manifest.model_copy(update={"second_look": below})).classifier
        for below in (0.0, 1.0)
    )
    looks = [never.predict(crops), never.predict(crops[:, :, ::-1])]
    assert (looks[0] != looks[1]).any()
    np.testing.assert_allclose(always.predict(crops), np.mean(looks, axis=0), atol=1e-6)


def test_the_crops_are_those_that_the_classifier_saw(litert, photos):
    recognition = litert.recognize((photos / "two_people.jpg").read_bytes())
    assert (recognition.crops.shape, recognition.crops.dtype) == ((2, 48, 48), np.uint8)
    scores = litert.classifier.predict(recognition.crops)
    for face, row in zip(recognition.faces, scores, strict=True):
        assert list(face.scores.values()) == pytest.approx(row.tolist(), abs=1e-6)


@pytest.mark.parametrize("extension", [".png", ".jpg"])
@pytest.mark.parametrize(("factor", "side", "too_small"), [(1, 19, True), (1, 20, False), (2, 19, True)])
def test_what_counts_is_the_pixels_that_the_crop_was_cut_from(extension, factor, side, too_small):
    """Of a photo that is decoded at half its size, a face of 38 pixels leaves 19."""
    photo = cv2.imencode(extension, np.zeros((960, factor * ENOUGH, 3), np.uint8))[1].tobytes()
    (face,) = (
        Recognizer(FixedDetector((9, 9, side, side)), BrightnessClassifier(), MANIFEST).recognize(photo).faces
    )
    assert READABLE == 20
    assert face.box[2] == factor * side
    assert face.too_small == too_small


def test_a_photo_of_90_pixels_is_not_guessed_at(litert, photos):
    small = cv2.resize(cv2.imread(str(photos / "two_people.jpg")), (90, 53), interpolation=cv2.INTER_AREA)
    faces = litert.recognize(cv2.imencode(".png", small)[1].tobytes()).faces
    assert [face.candidates for face in faces] == [(), ()]


def test_a_manifest_of_before_the_threshold_makes_no_face_hard_to_tell():
    written = MANIFEST.model_dump(exclude={"hard_to_tell"})
    assert Manifest.model_validate(written).hard_to_tell == 0


def test_without_faces_the_classifier_sees_an_empty_batch():
    recognizer = Recognizer(FixedDetector(), classifier := BrightnessClassifier(), MANIFEST)
    assert recognizer.recognize(cv2.imencode(".png", np.zeros((9, 9, 3), np.uint8))[1].tobytes()).faces == ()
    assert classifier.crops.shape == (0, 48, 48)


def test_a_large_photo_is_worked_on_at_half_its_size_and_answered_in_its_own_pixels():
    photo = np.zeros((1200, 2 * ENOUGH, 3), np.uint8)
    photo[200:400, 2000:2200] = 255
    detector = FixedDetector((1000, 100, 100, 100))
    recognizer = Recognizer(detector, BrightnessClassifier(), MANIFEST)
    for extension in (".png", ".jpg", ".webp"):
        recognition = recognizer.recognize(cv2.imencode(extension, photo)[1].tobytes())
        (face,) = recognition.faces
        assert (face.box, face.landmarks) == ((2000, 200, 200, 200), ((2.0, 4.0),) * 5)
        assert face.emotion == "happy"
        answer = cv2.imdecode(np.frombuffer(recognition.annotate(), np.uint8), cv2.IMREAD_COLOR_RGB)
        assert answer.shape == (600, ENOUGH, 3)
        drawn = np.abs(answer.astype(int) - COLOURS["happy"]).max(axis=2) < 40
        rows, columns = np.nonzero(drawn[150:])
        assert rows.max() + 150 == pytest.approx(199, abs=3)
        assert (columns.min(), columns.max()) == pytest.approx((1000, 1099), abs=3)
    assert set(detector.shapes) == {(600, ENOUGH, 3)}


def test_the_same_faces_are_found_on_a_photo_of_more_pixels(litert, photos):
    file = photos / "two_people.jpg"
    small = cv2.imread(str(file))
    large = cv2.resize(small, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    expected = litert.recognize(file.read_bytes()).faces
    found = litert.recognize(cv2.imencode(".jpg", large)[1].tobytes())
    assert found.factor == 2
    for one, other in zip(found.faces, expected, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=0.2)
        assert one.box == pytest.approx([4 * length for length in other.box], abs=0.15 * one.box[3])
        for point, smaller in zip(one.landmarks, other.landmarks, strict=True):
            assert point == pytest.approx([4 * at for at in smaller], abs=0.05 * one.box[3])


def test_of_a_crowd_the_largest_are_answered_and_the_others_counted():
    small = [(x, y, 10, 12) for y in range(0, 400, 20) for x in range(0, 300, 20)]
    large = [(x, 450, 40, 50) for x in range(0, 250, 50)]
    classifier = BrightnessClassifier()
    recognizer = Recognizer(FixedDetector(*small, *large), classifier, MANIFEST)
    recognition = recognizer.recognize(cv2.imencode(".png", np.zeros((600, 300, 3), np.uint8))[1].tobytes())
    assert len(recognition.faces) == len(classifier.crops) == MAX_FACES
    assert recognition.more == len(small) + len(large) - MAX_FACES
    assert {face.box for face in recognition.faces} >= set(large)
    centres = [face.box[0] + face.box[2] / 2 for face in recognition.faces]
    assert centres == sorted(centres)


def test_nothing_is_left_out_of_a_few():
    recognizer = Recognizer(FixedDetector((10, 10, 50, 50)), BrightnessClassifier(), MANIFEST)
    assert recognizer.recognize(cv2.imencode(".png", np.zeros((90, 90, 3), np.uint8))[1].tobytes()).more == 0


@pytest.mark.parametrize("boxes", [(), ((10, 10, 50, 50),)])
def test_warming_up_reaches_detector_and_classifier(boxes):
    recognizer = Recognizer(detector := FixedDetector(*boxes), classifier := BrightnessClassifier(), MANIFEST)
    recognizer.warm_up()
    assert len(detector.shapes) == 1
    assert classifier.crops.shape == (1, 48, 48)


def test_all_networks_have_work_on_the_sketch(litert):
    """Who finds the face has been through P-Net, R-Net and O-Net."""
    (found,) = litert.detector.detect(sketch())
    assert found.box == pytest.approx(FACE.box, abs=25)
    crops = [crop_face(sketch(), face, litert.manifest.crop) for face in (found, FACE)]
    assert np.abs(crops[0].astype(int) - crops[1]).mean() < 12
    litert.warm_up()


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
