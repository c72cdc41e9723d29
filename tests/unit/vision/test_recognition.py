"""What is said of one face: its emotion, or the two between which it is hard to tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.vision import Detection, Face, Recognition
from emotion_bot.vision import recognition as module

LABELS = ("happy", "sad", "neutral")
DETECTION = Detection((2, 3, 20, 30), ((1.0, 2.0),) * 5, 0.97)


def face(scores, threshold=0.0):
    return Face.of(DETECTION, LABELS, np.array(scores, np.float32), threshold)


def test_a_sure_face_has_one_candidate():
    looked_at = face([0.125, 0.25, 0.625], 0.53)
    assert (looked_at.emotion, looked_at.candidates) == ("neutral", ("neutral",))
    assert looked_at.label == "looks neutral 62 %"


def test_an_unsure_one_has_the_two_best_the_best_first():
    looked_at = face([0.25, 0.25 + 2**-6, 0.5 - 2**-6], 0.5)
    assert (looked_at.emotion, looked_at.candidates) == ("neutral", ("neutral", "sad"))
    assert looked_at.label == "hard to tell: neutral or sad"


def test_a_score_on_the_threshold_is_enough():
    scores = [0.5, 0.25, 0.25]
    assert not face(scores, 0.5).hard_to_tell
    assert face(scores, np.nextafter(0.5, 1)).hard_to_tell


def test_of_equal_scores_the_first_label_is_the_best():
    assert face([1, 1, 1], 0.5).candidates == ("happy", "sad")
    assert face([0.25, 0.375, 0.375], 0.5).candidates == ("sad", "neutral")


scores = st.lists(st.floats(0, 1, width=32), min_size=3, max_size=3).filter(lambda shares: sum(shares) > 0.1)


@given(scores, st.floats(0, 1))
def test_candidates_are_one_or_two_by_the_threshold(shares, threshold):
    looked_at = face(shares, threshold)
    best = max(looked_at.scores.values())
    assert looked_at.hard_to_tell == (best < threshold)
    assert len(set(looked_at.candidates)) == 1 + looked_at.hard_to_tell
    assert looked_at.emotion == looked_at.candidates[0] == max(LABELS, key=looked_at.scores.get)
    others = [looked_at.scores[label] for label in LABELS if label not in looked_at.candidates]
    assert min(looked_at.scores[label] for label in looked_at.candidates) >= max(others)


@given(scores)
def test_at_a_threshold_of_zero_no_face_is_hard_to_tell(shares):
    assert not face(shares).hard_to_tell


@pytest.mark.parametrize(
    ("threshold", "emotion", "label"),
    [(0.5, "happy", "looks happy 50 %"), (0.6, None, "hard to tell: happy or sad")],
)
def test_it_is_drawn_as_it_is_said(monkeypatch, threshold, emotion, label):
    drawn = []
    monkeypatch.setattr(module, "annotate", lambda *arguments: drawn.extend(arguments) or b"jpeg")
    photo = np.zeros((40, 40, 3), np.uint8)
    assert Recognition(photo, (face([0.5, 0.375, 0.125], threshold),)).annotate() == b"jpeg"
    assert drawn[1:] == [[DETECTION.box], [emotion], [label]]
