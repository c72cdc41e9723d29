"""What is counted on annotated photographs."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.accuracy import DIRECTIONS, SHIFT, Emotions, NotAnnotated, annotated, shifted
from benchmarks.matching import Annotated
from emotion_bot.manifest import CropGeometry
from emotion_bot.vision import Detection

POINTS = ((120.0, 130.0), (180.0, 130.0), (150.0, 160.0), (125.0, 190.0), (175.0, 190.0))
FACE = Detection((100, 100, 100, 120), POINTS, 0.99)


def test_a_shift_moves_box_and_landmarks_alike():
    moved = list(shifted(FACE))
    assert len(moved) == len(DIRECTIONS) == 8
    for face in moved:
        way = complex(*np.subtract(face.landmarks, POINTS).mean(axis=0))
        assert abs(way) == pytest.approx(SHIFT * 120)
        assert np.subtract(face.landmarks, POINTS).std(axis=0) == pytest.approx(0)
        assert np.subtract(face.box, FACE.box) == pytest.approx([way.real, way.imag, 0, 0], abs=0.5)
    assert sum(complex(*face.landmarks[0]) for face in moved) / 8 == pytest.approx(complex(*POINTS[0]))


class Brightness:
    """A classifier whose label is how bright a crop's upper half is."""

    labels = ("happy", "sad", "neutral")

    def predict(self, crops):
        level = (crops[:, :24].mean(axis=(1, 2)) // 86).astype(int) if len(crops) else np.empty(0, int)
        return np.eye(3, dtype=np.float32)[level]


@pytest.fixture
def emotions():
    manifest = SimpleNamespace(crop=CropGeometry(scale=1, shift_y=0))
    return Emotions(SimpleNamespace(manifest=manifest, classifier=Brightness()))


def test_on_a_plain_photo_nothing_changes(emotions):
    emotions.add(np.full((400, 400, 3), 200, np.uint8), [FACE], [FACE])
    every = emotions.figures()["all"]
    assert every == {"matched": 1, "same": 1, "faces": 1, "unmoved": 1, "never_moved": 1}


def test_what_changes_with_the_place_is_counted(emotions):
    photo = np.zeros((400, 400, 3), np.uint8)
    # The crop is 120 wide, from 90 to 210. A third of it is white, just over the classifier's first step.
    photo[:, :131] = 255
    other = Detection((110, 100, 100, 120), POINTS, 0.9)
    emotions.add(photo, [FACE], [other])
    every = emotions.figures()["all"]
    assert (every["matched"], every["same"]) == (1, 0)
    assert 0 < every["unmoved"] < 1
    assert every["never_moved"] == 0


def test_faces_that_only_one_found_are_not_compared(emotions):
    emotions.add(np.zeros((400, 400, 3), np.uint8), [FACE], [])
    every = emotions.figures()["all"]
    assert (every["matched"], every["same"], every["faces"]) == (0, None, 1)


def test_small_faces_count_among_all_only(emotions):
    emotions.add(np.zeros((400, 400, 3), np.uint8), [Detection((5, 5, 30, 39), POINTS, 0.9)], [])
    figures = emotions.figures()
    assert (figures["all"]["faces"], figures["large"]["faces"]) == (1, 0)


def test_a_photo_without_faces(emotions):
    emotions.add(np.zeros((4, 4, 3), np.uint8), [], [])
    assert emotions.figures()["all"]["faces"] == 0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").touch()
    return tmp_path


def test_annotations_are_read_where_there_is_a_photo(folder):
    face = {"x": 1, "y": 2, "w": 3, "h": 4, "blur": 1}
    boxes = {"a.jpg": {"faces": [face, face | {"invalid": 1}]}, "gone.jpg": {"faces": []}}
    (folder / "boxes.json").write_text(json.dumps(boxes))
    assert annotated(folder) == {"a.jpg": [Annotated((1, 2, 3, 4)), Annotated((1, 2, 3, 4), is_valid=False)]}


@pytest.mark.parametrize("content", [None, "{", "[]", '{"a.jpg": {}}', '{"a.jpg": {"faces": [{"x": 1}]}}'])
def test_a_folder_of_another_layout_is_one_sentence(folder, content):
    if content is not None:
        (folder / "boxes.json").write_text(content)
    with pytest.raises(NotAnnotated, match=r"must hold photographs in images/ and a boxes\.json"):
        annotated(folder)
