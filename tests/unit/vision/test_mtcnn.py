"""The cascade on its own: what it looks at, where it finds faces, and what `MtcnnDetector` adds around it."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.manifest import CascadeSettings
from emotion_bot.store import open_bundle
from emotion_bot.vision import decode
from emotion_bot.vision.mtcnn import Candidates, MtcnnDetector
from emotion_bot.vision.mtcnn_litert import LONGEST, MAX_PARTS, LiteRTCascade, parts


@pytest.fixture(scope="module")
def two_people(photos):
    return decode((photos / "two_people.jpg").read_bytes())


@pytest.fixture(scope="module")
def face(photos):
    """A head, 200 pixels high, on a square of 260."""
    return cv2.resize(decode((photos / "obama.jpg").read_bytes())[50:470, 290:710], (260, 260))


@given(st.integers(1, 16_384), st.integers(1, 16_384))
def test_parts_cover_the_photo_and_hold_each_face_as_a_whole(height, width):
    shorter = min(height, width)
    covered = 0
    for x, y, columns, rows in parts(height, width):
        assert 0 <= x <= x + columns <= width
        assert 0 <= y <= y + rows <= height
        assert min(columns, rows) == shorter
        start, length = max(x, y), max(columns, rows)
        # What lies across the end of the part before lies within this one.
        assert start == 0 or start <= covered - shorter
        covered = start + length
    assert covered == max(height, width)
    assert len(parts(height, width)) <= MAX_PARTS
    assert max(height, width) <= LONGEST * shorter or len(parts(height, width)) > 1


@pytest.mark.parametrize(
    "size", [(1, 1), (5, 5), (11, 400), (12, 12), (13, 13), (20, 20), (3000, 2), (21, 2000)]
)
def test_images_too_small_for_a_face_have_none(litert, size):
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert litert.detector.detect(noise) == []


@pytest.mark.parametrize("value", [0, 127, 255])
def test_an_even_image_has_no_face(litert, value):
    assert litert.detector.detect(np.full((300, 400, 3), value, np.uint8)) == []


@pytest.mark.parametrize("side", [60, 130, 260, 520])
@pytest.mark.parametrize("corner", [(0, 0), (433, 401), (440, 40)])
@pytest.mark.parametrize("size", [(960, 1280), (1280, 960), (1000, 1000)])
def test_a_face_is_found_where_it_is_whatever_level_shows_it(litert, face, side, corner, size):
    photo = np.full((*size, 3), 90, np.uint8)
    x, y = corner
    photo[y : y + side, x : x + side] = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    (found,) = litert.detector.detect(photo)
    left, top, width, height = np.array(found.box) / side
    assert (left - x / side + width / 2, top - y / side + height / 2) == pytest.approx((0.5, 0.5), abs=0.08)
    assert height == pytest.approx(0.72, abs=0.12)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_panorama_is_searched_in_parts(litert, face, axis):
    places = (20, 1400, 2470, 4720)
    panorama = np.full((300, 5000, 3) if axis == 0 else (5000, 300, 3), 90, np.uint8)
    for place in places:
        x, y = (place, 20) if axis == 0 else (20, place)
        panorama[y : y + 260, x : x + 260] = face
    boxes = [found.box for found in litert.detector.detect(panorama)]
    centres = sorted(box[axis] + box[axis + 2] / 2 for box in boxes)
    assert centres == pytest.approx([place + 130 for place in places], abs=20)


def test_detections_lie_in_the_photo_in_its_pixels(litert, two_people):
    """At double size the same faces come out twice as large."""
    found = litert.detector.detect(two_people)
    doubled = litert.detector.detect(cv2.resize(two_people, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    assert len(found) == len(doubled) == 2
    for one, two in zip(
        sorted(found, key=lambda face: face.box), sorted(doubled, key=lambda face: face.box), strict=True
    ):
        assert np.array(two.box) / 2 == pytest.approx(one.box, abs=8)
        assert np.array(two.landmarks) / 2 == pytest.approx(np.array(one.landmarks), abs=5)


def test_a_mirrored_photo_has_mirrored_faces(litert, two_people):
    width = two_people.shape[1]
    found = sorted(litert.detector.detect(two_people), key=lambda face: face.box)
    mirrored = sorted(litert.detector.detect(two_people[:, ::-1].copy()), key=lambda face: -face.box[0])
    for one, other in zip(found, mirrored, strict=True):
        x, y, w, h = other.box
        assert one.box == pytest.approx((width - x - w, y, w, h), abs=12)
        left_eye, right_eye, *_ = other.landmarks
        assert one.landmarks[0] == pytest.approx((width - right_eye[0], right_eye[1]), abs=8)
        assert one.landmarks[1] == pytest.approx((width - left_eye[0], left_eye[1]), abs=8)


def test_landmarks_are_where_they_are_called(litert, two_people):
    for face in litert.detector.detect(two_people):
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        x, y, width, height = face.box
        assert all(x < px < x + width and y < py < y + height for px, py in face.landmarks)
        assert left_eye[0] < nose[0] < right_eye[0]
        assert left_mouth[0] < right_mouth[0]
        assert left_eye[1] < nose[1] < left_mouth[1]


@pytest.mark.parametrize("smallest_face", [0.02, 0.05, 0.1])
def test_faces_are_found_at_any_smallest_face(litert, two_people, smallest_face):
    settings = CascadeSettings(smallest_face=smallest_face)
    detector = MtcnnDetector(LiteRTCascade(open_bundle("models"), settings), settings.min_confidence)
    assert len(detector.detect(two_people)) == 2


def test_a_face_that_fills_the_photo_is_found(litert, photos):
    face = decode((photos / "obama.jpg").read_bytes())[60:460, 320:660]
    assert len(litert.detector.detect(face)) == 1


class FixedCascade:
    """Always finds the same."""

    def __init__(self, boxes: list[list[float]], scores: list[float]) -> None:
        self.found = Candidates(np.array(boxes), np.array(scores), np.zeros((len(boxes), 5, 2)))

    def __call__(self, rgb):
        return self.found


def test_the_detector_clips_and_keeps_the_sure():
    cascade = FixedCascade([[-10, 20, 40.8, 62], [0, 0, 180, 90], [180, 10, 400, 600]], [0.95, 0.5, 0.9])
    found = MtcnnDetector(cascade, min_confidence=0.9).detect(np.zeros((100, 200, 3), np.uint8))
    assert [(face.box, face.confidence) for face in found] == [
        ((0, 20, 41, 42), 0.95),
        ((180, 10, 19, 89), 0.9),
    ]


def test_a_face_wholly_outside_is_none():
    detector = MtcnnDetector(FixedCascade([[-50, 10, -5, 30]], [0.99]), 0.9)
    assert detector.detect(np.zeros((100, 100, 3), np.uint8)) == []
