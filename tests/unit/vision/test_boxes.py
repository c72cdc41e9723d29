"""Box arithmetic against the definitions, written out box by box."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_bot.vision.boxes import regress, square, suppress


def overlap(one, other, kind):
    width = max(0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    shared = width * height
    return shared / (sum(areas) - shared if kind == "union" else min(areas))


boxes_strategy = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 40), st.integers(1, 40)), max_size=30
)


@given(boxes_strategy, st.sampled_from(["union", "smaller"]), st.sampled_from([0.3, 0.5, 0.71]))
@settings(deadline=None)
def test_a_box_stays_if_no_better_one_overlaps_it(rects, kind, threshold):
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h in rects], float).reshape(-1, 4)
    scores = np.linspace(1, 0.1, len(boxes))
    stays = [
        index
        for index, box in enumerate(boxes)
        if not any(overlap(better, box, kind) > threshold for better in boxes[:index])
    ]
    shuffled = np.random.default_rng(len(boxes)).permutation(len(boxes))
    assert shuffled[suppress(boxes[shuffled], scores[shuffled], threshold, kind)].tolist() == stays


def test_a_suppressed_box_still_suppresses():
    """What tells the package's suppression from the greedy one: here that would keep the third box, too."""
    boxes = np.array([[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]], float)
    assert suppress(boxes, np.array([0.9, 0.8, 0.7]), 0.4).tolist() == [0]


def test_more_boxes_than_a_block():
    boxes = np.repeat(np.array([[0, 0, 9, 9], [20, 0, 29, 9]], float), 700, axis=0)
    scores = np.random.default_rng(0).random(1400)
    assert sorted(suppress(boxes, scores, 0.5)) == sorted(
        [scores[:700].argmax(), 700 + scores[700:].argmax()]
    )


def test_no_boxes():
    assert suppress(np.empty((0, 4)), np.empty(0), 0.5).tolist() == []


def test_offsets_are_in_units_of_the_inclusive_size():
    moved = regress(np.array([[10, 20, 19, 39]], float), np.array([[0.1, 0.1, -0.1, 0]], np.float32))
    assert moved == pytest.approx(np.array([[11, 22, 18, 39]]))


def test_square_keeps_the_centre():
    assert square(np.array([[0, 0, 10, 20], [0, 0, 4, 2]], float)).tolist() == [
        [-5, 0, 15, 20],
        [0, -1, 4, 3],
    ]
