"""What is said of one face: its emotion, or the two between which it is hard to tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.vision import Detection, Face, Recognition
from emotion_bot.vision import recognition as module
from emotion_bot.vision.annotate import HARD_TO_TELL, TOO_SMALL

LABELS = ("happy", "sad", "neutral")
DETECTION = Detection((2, 3, 20, 30), ((1.0, 2.0),) * 5, 0.97)


def face(scores, threshold=0.0, too_small=False):
    return Face.of(DETECTION, LABELS, np.array(scores, np.float32), threshold, too_small)


def test_a_sure_face_has_one_candidate():
    looked_at = face([0.125, 0.25, 0.625], 0.53)
    assert (looked_at.emotion, looked_at.candidates) == ("neutral", ("neutral",))
    assert looked_at.label == "looks neutral 62%"


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


def test_a_face_that_is_too_small_names_no_emotion_but_keeps_its_scores():
    looked_at = face([0.125, 0.25, 0.625], 0.7, too_small=True)
    assert (looked_at.candidates, looked_at.label) == ((), "too small to tell")
    assert (looked_at.emotion, looked_at.scores["neutral"]) == ("neutral", 0.625)


@pytest.mark.parametrize(
    ("threshold", "too_small", "look", "label"),
    [
        (0.5, False, "happy", "looks happy 50%"),
        (0.6, False, HARD_TO_TELL, "hard to tell: happy or sad"),
        (0.5, True, TOO_SMALL, "too small to tell"),
        (0.6, True, TOO_SMALL, "too small to tell"),
    ],
)
def test_it_is_drawn_as_it_is_said(monkeypatch, threshold, too_small, look, label):
    drawn = []
    monkeypatch.setattr(module, "annotate", lambda *arguments: drawn.extend(arguments) or b"jpeg")
    photo, looked_at = np.zeros((40, 40, 3), np.uint8), face([0.5, 0.375, 0.125], threshold, too_small)
    assert Recognition(photo, (looked_at,)).annotate() == b"jpeg"
    assert drawn[1:] == [[DETECTION.box], [look], [label]]


def test_no_pixels_stand_where_a_recognition_is_written_down():
    said = repr(Recognition(np.zeros((2, 2, 3), np.uint8), (), crops=np.zeros((0, 48, 48), np.uint8)))
    assert "array" not in said
