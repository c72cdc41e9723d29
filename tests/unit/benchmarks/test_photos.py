"""The photographs that the bench puts together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.photos import LARGEST_PNG, SIDES, Scene, as_telegram_sends, mixture
from emotion_bot.store import open_bundle
from emotion_bot.vision import Recognizer
from emotion_bot.vision.header import read_header


@pytest.mark.parametrize("faces", [0, 1, 7])
@pytest.mark.parametrize("size", [(320, 240), (90, 300)])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_scene_has_its_size_and_format_and_is_the_same_each_time(faces, size, suffix):
    scene = Scene(*size, faces, suffix)
    content = scene.draw()
    assert read_header(content)[:3] == ({".jpg": "jpeg"}.get(suffix, suffix[1:]), *size)
    assert scene.draw() == content


@pytest.mark.parametrize("faces", [0, 1, 5])
def test_what_is_said_of_the_faces_is_true(store, faces):
    recognizer = Recognizer.load(open_bundle(str(store)))
    assert len(recognizer.recognize(Scene(1280, 960, faces).draw()).faces) == faces


def test_even_the_smallest_scene_can_be_drawn():
    assert read_header(Scene(64, 36, 6).draw())[:3] == ("jpeg", 64, 36)


def test_portraits_do_not_cover_each_other():
    alone, both = (
        cv2.imdecode(np.frombuffer(Scene(640, 480, faces, ".png").draw(), np.uint8), cv2.IMREAD_COLOR)
        for faces in (0, 2)
    )
    changed = (alone != both).any(axis=2).any(axis=0)
    assert np.count_nonzero(np.diff(changed.astype(int)) == 1) == 2


def test_the_mixture_has_all_sizes_and_mostly_jpegs():
    scenes = list(mixture(400))
    assert scenes == list(mixture(400))
    longer = [max(scene.width, scene.height) for scene in scenes]
    assert (min(longer) < 2 * SIDES[0], max(longer) > 0.9 * SIDES[1]) == (True, True)
    assert SIDES[0] <= min(longer) <= max(longer) <= SIDES[1]
    assert {scene.faces for scene in scenes} == set(range(7))
    assert 0.7 < sum(scene.suffix == ".jpg" for scene in scenes) / len(scenes) < 0.95
    assert {scene.suffix for scene in scenes} == {".jpg", ".png", ".webp"}
    assert all(scene.suffix == ".jpg" for scene in scenes if max(scene.width, scene.height) > LARGEST_PNG)


def test_telegram_sends_all_shapes_with_each_number_of_faces():
    scenes = list(as_telegram_sends(30))
    assert {max(scene.width, scene.height) for scene in scenes} == {1280}
    assert len(set(scenes)) == 30
