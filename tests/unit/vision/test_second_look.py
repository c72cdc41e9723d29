from __future__ import annotations

import numpy as np
import pytest

from emotion_bot.vision.second_look import SecondLook


class LeftBrightness:
    """A face is happy by the brightness of its left half; notes how many it was shown."""

    labels = ("happy", "sad", "neutral")

    def __init__(self):
        self.shown = []

    def predict(self, crops):
        self.shown.append(len(crops))
        left = crops[:, :, :24].mean(axis=(1, 2)) / 255
        return np.stack([left, 1 - left, np.zeros_like(left)], axis=1).astype(np.float32)


def face(left: int, right: int) -> np.ndarray:
    return np.repeat(np.array([[left] * 24 + [right] * 24], np.uint8), 48, axis=0)


FACES = np.stack([face(255, 0), face(153, 255), face(102, 255), face(10, 255)])
"""The first look says happy by 100 %, 60 %, 40 % and 4 %, the mirror image by 0 % and three times 100 %."""


def test_doubtful_faces_get_the_mean_of_two_looks_and_sure_ones_keep_the_first():
    network = LeftBrightness()
    scores = SecondLook(network, 0.7).predict(FACES)
    np.testing.assert_allclose(scores[:, 0], [1, 0.8, 0.7, 10 / 255], atol=1e-6)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-6)
    assert network.shown == [4, 2]


@pytest.mark.parametrize(
    ("below", "expected"), [(0.0, FACES[:, 0, 0] / 255), (1.0, [1, 0.8, 0.7, 265 / 510])]
)
def test_none_is_looked_at_again_or_all_that_are_not_certain(below, expected):
    np.testing.assert_allclose(SecondLook(LeftBrightness(), below).predict(FACES)[:, 0], expected, atol=1e-6)


def test_no_face_gets_no_look():
    scores = SecondLook(LeftBrightness(), 0.7).predict(FACES[:0])
    assert scores.shape == (0, 3)
    assert SecondLook(LeftBrightness(), 0.7).labels == LeftBrightness.labels
